import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { CocoEvaluation } from './coco-evaluation.js'
import { type CocoInstances, type CocoResult, cocoDetections, cocoTruths } from './coco-json.js'
import { type CocoEvaluationOptions, evaluateCoco } from './evaluate-coco.js'

interface Expected {
  readonly stats: number[] | null
  /** Thresholds × classes × sizes × numbers of detections. */
  readonly recall: number[][][][]
  readonly precision: string
  readonly meanPrecision: number
}

const fixture: {
  instances: CocoInstances
  results: CocoResult[]
  boxes: CocoResult[]
  expected: Record<'mask' | 'box' | 'maskAgnostic' | 'boxAgnostic' | 'boxesOfMasks', Expected>
} = JSON.parse(readFileSync(new URL('../fixtures/coco-evaluation.json', import.meta.url), 'utf8'))

const truths = cocoTruths(fixture.instances)
const [masks, boxes] = [cocoDetections(fixture.results), cocoDetections(fixture.boxes)]

/** Calls back for every number, in the order of the COCO API's arrays. */
function everyCell<T>(
  { classes, areaRanges, maxDetections }: CocoEvaluation,
  cell: (c: number, a: number, m: number) => T,
) {
  return classes.flatMap((_, c) => areaRanges.flatMap((_, a) => maxDetections.map((_, m) => cell(c, a, m))))
}

function recalls(evaluation: CocoEvaluation): number[] {
  return [...evaluation.iouThresholds.keys()].flatMap((row) =>
    everyCell(evaluation, (c, a, m) => evaluation.curves(c, a, m)?.recall[row] ?? -1),
  )
}

function precisions(evaluation: CocoEvaluation): Float64Array {
  const [rows, columns] = [evaluation.iouThresholds.length, evaluation.recallThresholds.length]
  const values: number[] = []
  for (let at = 0; at < rows * columns; at++) {
    values.push(...everyCell(evaluation, (c, a, m) => evaluation.curves(c, a, m)?.precision[at] ?? -1))
  }
  return Float64Array.from(values)
}

describe('equal to the COCO API', () => {
  const runs: [keyof typeof fixture.expected, Omit<CocoEvaluationOptions, 'truths'>][] = [
    ['mask', { detections: masks, by: 'mask' }],
    ['box', { detections: boxes, by: 'box' }],
    ['maskAgnostic', { detections: masks, by: 'mask', classAware: false, maxDetections: [1, 2, 5] }],
    ['boxAgnostic', { detections: boxes, by: 'box', classAware: false, maxDetections: [10, 100, 1000] }],
    ['boxesOfMasks', { detections: masks, by: 'box' }],
  ]

  test.each(runs)('%s: every recall and every precision, to the last bit', (name, options) => {
    const evaluation = evaluateCoco({ ...truths, ...options })
    const expected = fixture.expected[name]
    expect(recalls(evaluation)).toEqual(expected.recall.flat(3))
    const digest = createHash('sha1')
      .update(new Uint8Array(precisions(evaluation).buffer))
      .digest('hex')
    expect(digest.slice(0, 12)).toBe(expected.precision)
  })

  test.each(runs.filter(([name]) => fixture.expected[name].stats !== null))(
    '%s: the twelve numbers',
    (name, options) => {
      const { stats } = fixture.expected[name]
      const summary = Object.values(evaluateCoco({ ...truths, ...options }).summary)
      expect(summary).toHaveLength(12)
      summary.forEach((value, i) => {
        expect(value).toBeCloseTo(stats?.[i] ?? Number.NaN, 12) // numpy adds in another order
      })
    },
  )

  test('a selection of the numbers', () => {
    const evaluation = evaluateCoco({ ...truths, detections: masks, by: 'mask' })
    const { stats } = fixture.expected.mask
    expect(evaluation.averagePrecision({ iou: 0.75 })).toBeCloseTo(stats?.[2] ?? Number.NaN, 12)
    expect(evaluation.averageRecall({ maxDetections: 10 })).toBeCloseTo(stats?.[7] ?? Number.NaN, 12)
    expect(evaluation.averageRecall({ area: 'huge' })).toBe(-1)
  })
})

describe('wrong use', () => {
  test('a detection on an image that is not evaluated', () => {
    const stray = { imageId: 4711, categoryId: 3, score: 1, box: { x: 0, y: 0, width: 1, height: 1 } }
    expect(() => evaluateCoco({ ...truths, detections: [stray], by: 'box' })).toThrow(
      'a detection on image 4711: only 14 other images are evaluated; pass the annotations of the same split, or list all its images in images',
    )
  })

  test('an object without what is compared', () => {
    const bare = { imageId: 100, categoryId: 3, score: 1 }
    expect(() => evaluateCoco({ ...truths, detections: [bare], by: 'box' })).toThrow(
      "an object of class 3 on image 100 has neither box nor mask: evaluation by: 'box' compares boxes; give every object one of the two",
    )
    expect(() => evaluateCoco({ ...truths, detections: [bare], by: 'mask' })).toThrow(
      "an object of class 3 on image 100 has no mask: evaluation by: 'mask' compares masks; give every object its mask, or evaluate by: 'box'",
    )
  })

  test('an annotation of an image that the file does not list', () => {
    expect(() => cocoTruths({ ...fixture.instances, images: [] })).toThrow(
      /^annotation 0 is on image \d+: the file must list every image that it annotates; add the image with its height and width to images, or remove the annotation$/,
    )
  })
})
