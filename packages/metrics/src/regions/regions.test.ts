import { describe, expect, test } from 'vitest'
import { KeypointAccuracy } from './keypoint-accuracy.js'
import { RegionRecall } from './region-recall.js'

/** Best overlaps of six true regions, with scores computed by hand. */
const best = [0.4, 0.5, 0.6, 0.75, 0.9, 1]
const areas = [100, 1024, 1025, 9216, 9217, 50]

/** One proposal per true region, which overlaps no other. */
function diagonal(values: readonly number[]): Float64Array {
  return Float64Array.from({ length: values.length ** 2 }, (_, i) =>
    i % (values.length + 1) === 0 ? values[i % values.length] : 0,
  )
}

describe('region recall', () => {
  const recall = new RegionRecall({ limits: [3, 6] }).add({ ious: diagonal(best), areas })

  test('of known best overlaps', () => {
    expect(recall.recallAt(0.5)).toBeCloseTo(5 / 6, 12)
    expect(recall.recallAt(0.7)).toBe(0.5)
    expect(recall.averageBestOverlap()).toBeCloseTo(0.6916666666667, 12)
    expect(recall.averageRecall()).toBeCloseTo(0.4166666666667, 12)
    expect(recall.averageRecallOnThresholds()).toBeCloseTo(0.4833333333333, 12)
  })

  test('the exact average recall is the integral of the recall curve', () => {
    const steps = 20_000
    let sum = 0
    for (let i = 0; i < steps; i++) sum += recall.recallAt(0.5 + (i + 0.5) / (2 * steps))
    expect(sum / steps).toBeCloseTo(recall.averageRecall(), 4) // the midpoint rule is off by at most one step per jump
  })

  test('with fewer proposals finds only what the best of them find', () => {
    expect(recall.recallAt(0.5, { limit: 3 })).toBeCloseTo(2 / 6, 12)
    expect(recall.averageBestOverlap({ limit: 3 })).toBeCloseTo(1.5 / 6, 12)
  })

  test('by size, bounds belonging to both sides as in COCO', () => {
    expect(recall.averageBestOverlap({ area: 'small' })).toBeCloseTo((0.4 + 0.5 + 1) / 3, 12)
    expect(recall.averageBestOverlap({ area: 'medium' })).toBeCloseTo((0.5 + 0.6 + 0.75) / 3, 12)
    expect(recall.averageBestOverlap({ area: 'large' })).toBeCloseTo((0.75 + 0.9) / 2, 12)
  })

  test('one proposal may serve several true regions', () => {
    const shared = new RegionRecall().add({ ious: [0.6, 0.7, 0.1, 0.2], areas: [1, 1] })
    expect(shared.recallAt(0.5)).toBe(1)
    expect(shared.averageBestOverlap()).toBeCloseTo(0.65, 12)
  })

  test('adds up over images, also those without proposals or without true regions', () => {
    const parts = new RegionRecall({ limits: [3, 6] }).add({ ious: [], areas: [7] }).add({ ious: [], areas: [] })
    expect(parts.count).toBe(1)
    expect(parts.merge(recall).averageBestOverlap()).toBeCloseTo(4.15 / 7, 12)
    expect(new RegionRecall().averageRecall()).toBeNaN()
  })

  test('says what does not fit', () => {
    expect(() => new RegionRecall().add({ ious: [1, 1, 1], areas: [1, 1] })).toThrow(
      '3 IoUs for 2 true regions: there is one row per proposal with one IoU per true region; pass maskIoUs(proposals, truths) and the areas of the same truths',
    )
    expect(() => recall.merge(new RegionRecall())).toThrow(
      'cannot merge recalls of 3, 6 and of 10, 100, 1000 proposals: both must count the same numbers of proposals; build both with the same limits',
    )
    expect(() => recall.recallAt(0.5, { limit: 7 })).toThrow(
      'recall of 7 proposals for regions of size "all": known: 3, 6 proposals; sizes all, small, medium, large; choose one of these, or name others when building the RegionRecall',
    )
  })
})

describe('keypoint accuracy', () => {
  const box = { height: 100, width: 40 }
  const truth = { x: 10, y: 10 }
  const at = (type: string, x: number, y: number) => ({ type, predicted: { x, y }, truth, box })

  test('is averaged over types, not over keypoints', () => {
    const accuracy = new KeypointAccuracy()
      .add(at('ear', 16, 18)) // 10 pixels off: just right for α = 0.1
      .add(at('ear', 13, 14)) // 5 pixels
      .add(at('ear', 10, 21)) // 11 pixels
      .add(at('knee', 10, 10))
    expect([...accuracy.byType()]).toEqual([
      ['ear', 2 / 3],
      ['knee', 1],
    ])
    expect(accuracy.mean()).toBeCloseTo(5 / 6, 12)
    expect(accuracy.mean(0.05)).toBeCloseTo(2 / 3, 12)
    expect(accuracy.mean(0.025)).toBeCloseTo(1 / 2, 12)
    expect(new KeypointAccuracy().mean()).toBeNaN()
  })

  test('merged parts equal the whole', () => {
    const whole = new KeypointAccuracy()
      .add(at('ear', 10, 10))
      .add(at('knee', 99, 99))
      .add(at('ear', 99, 99))
    const [a, b] = [new KeypointAccuracy().add(at('ear', 10, 10)), new KeypointAccuracy()]
    b.add(at('knee', 99, 99)).add(at('ear', 99, 99))
    expect(a.merge(b).byType()).toEqual(whole.byType())
  })

  test('says what does not fit', () => {
    expect(() => new KeypointAccuracy().add({ ...at('ear', 0, 0), box: { height: 0, width: 0 } })).toThrow(
      'keypoint "ear" of an object with a box of 0×0: the tolerance is a share of the larger side, which must be positive; pass the object\'s bounding box, height and width in pixels',
    )
    expect(() => new KeypointAccuracy().mean(0.2)).toThrow(
      'accuracy for α 0.2: counted were 0.1, 0.05, 0.025; name it in alphas when building the KeypointAccuracy',
    )
    expect(() => new KeypointAccuracy().merge(new KeypointAccuracy({ alphas: [0.1] }))).toThrow(
      'cannot merge accuracies for α 0.1, 0.05, 0.025 and 0.1: both must use the same tolerances; build both with the same alphas',
    )
  })
})
