import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { Rng, seededMasks, withMasks } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { type PixelLossOptions, pixelLoss } from './pixel-loss.js'

// Six pixels of three classes, the third pixel void; losses and the first gradients by PyTorch 1.13:
// F.cross_entropy(x, y, ignore_index=255), with weight=[0.25, 1, 3] where classes are balanced.
const scores = () => tf.tensor4d([2, 1, 0, 0, 0, 0, 1, -1, 0.5, 0.5, 0.25, -0.5, -1, 2, 1, 3, 0, -2], [1, 2, 3, 3])
const labels = () => tf.tensor3d([0, 1, 255, 2, 1, 0], [1, 2, 3], 'int32')
const classWeights = [0.25, 1, 3]
const sum = 3.674138307571411 // of the five pixels

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeEach(async () => {
    await tf.setBackend(backend)
    await tf.ready()
  })

  test.each([
    ['valid', sum / 5],
    ['none', sum],
    ['batch', sum],
    ['full', sum / 6],
  ] as const)('normalised by %s', (normalization, expected) => {
    expect(value({ normalization })).toBeCloseTo(expected, 5)
  })

  test.each([
    ['valid', 1.246370792388916],
    ['none', 6.855039596557617],
    ['full', 6.855039596557617 / 6],
  ] as const)('classes balanced, normalised by %s', (normalization, expected) => {
    expect(value({ normalization, classWeights })).toBeCloseTo(expected, 5)
  })

  test('the gradient of balanced classes is PyTorch’s', () => {
    const loss = pixelLoss({ classWeights })
    const gradient = tf.grad((x) => loss([x], [labels()]))(scores())
    const expected = [-0.0152163208, 0.0111240223, 0.0040922994, 0.0606060587, -0.1212121248, 0.0606060587, 0, 0, 0]
    expect([...gradient.dataSync()].slice(0, 9)).toEqual(expected.map((g) => expect.closeTo(g, 6)))
  })
})

test('heads add up, each times its weight and with settings of its own', () => {
  const other = tf.tensor3d([1, 1, 1, 0, 0, 0], [1, 2, 3], 'int32')
  const alone = pixelLoss({ normalization: 'none' })
  const [first, second] = [alone([scores()], [labels()]), alone([scores()], [other])].map((loss) => loss.dataSync()[0])
  const outputs = [scores(), scores()]
  const both = pixelLoss({ normalization: 'none' })(outputs, [labels(), other])
  expect(both.dataSync()[0]).toBeCloseTo(first + second, 5)
  const heads = [{ weight: 2 }, { weight: 0.5, normalization: 'full' as const }]
  const weighted = pixelLoss({ normalization: 'none', heads })(outputs, [labels(), other])
  expect(weighted.dataSync()[0]).toBeCloseTo(2 * first + (0.5 * second) / 6, 5)
})

describe('patch sampling', () => {
  const [count, height, width] = [2, 40, 70]
  const uniform = () => [tf.zeros<tf.Rank.R4>([count, height, width, 2])]
  const zeros = () => [tf.zeros<tf.Rank.R3>([count, height, width], 'int32')]
  // Every pixel costs ln 2, so that the sum counts those that are kept.
  const kept = (options: PixelLossOptions, seed: number) =>
    withMasks(seededMasks(new Rng(seed)), () =>
      pixelLoss({ normalization: 'none', ...options })(uniform(), zeros()),
    ).dataSync()[0] / Math.log(2)

  test('keeps the share it is told, drawn anew from the masks of each step, and repeats it', () => {
    const sampling = { keep: 0.25 }
    const [first, again, other] = [1, 1, 2].map((seed) => kept({ sampling }, seed))
    expect(first).toBe(again)
    expect(first).not.toBe(other)
    // 5600 pixels: a deviation of √(5600 · 0.25 · 0.75) ≈ 32.
    expect(Math.abs(first - 1400)).toBeLessThan(5 * 32)
    expect(kept({ sampling: { keep: 1 } }, 1)).toBeCloseTo(5600, 1)
  })

  test('cells count as a whole', () => {
    const loss = pixelLoss({ normalization: 'none', sampling: { keep: 0.5, cell: 32 } })
    const gradient = withMasks(seededMasks(new Rng(3)), () => tf.grad((x) => loss([x], zeros()))(uniform()[0]))
    const learns = (tf.slice(gradient, [0, 0, 0, 0], [-1, -1, -1, 1]) as tf.Tensor4D).arraySync()
    for (const image of learns) {
      for (const [y, row] of image.entries()) {
        for (const [x, [slope]] of row.entries()) {
          expect(slope === 0).toBe(image[32 * Math.floor(y / 32)][32 * Math.floor(x / 32)][0] === 0)
        }
      }
    }
    const flat = learns.flat(3)
    expect(flat).toContain(0)
    expect(flat).toContain(-0.5)
  })

  test('of a mean, those that are kept', () => {
    expect(kept({ sampling: { keep: 0.5 }, normalization: 'valid' }, 1)).toBeCloseTo(1, 6)
  })

  test('heads are sampled at the same pixels', () => {
    const loss = pixelLoss({ normalization: 'none', sampling: { keep: 0.5 } })
    const [a, b] = withMasks(seededMasks(new Rng(1)), () =>
      tf.grads((x, y) => loss([x, y], [...zeros(), ...zeros()]))([...uniform(), ...uniform()]),
    )
    expect(a.dataSync()).toEqual(b.dataSync())
  })
})

test('leaves only the loss behind', () => {
  const [x, y] = [scores(), labels()]
  const before = tf.memory().numTensors
  const loss = tf.tidy(() => pixelLoss({ classWeights, sampling: { keep: 0.5 } })([x], [y]))
  expect(tf.memory().numTensors).toBe(before + 1)
  loss.dispose()
})

test('what makes no sense is refused', () => {
  const run = (options: PixelLossOptions, outputs = 1, targets = 1) =>
    pixelLoss(options)(Array.from({ length: outputs }, scores), Array.from({ length: targets }, labels))
  expect(() => run({ sampling: { keep: 0 } })).toThrow(
    'pixelLoss with sampling.keep 0: a share is above 0 and at most 1; pass the share of cells that count',
  )
  expect(() => run({ sampling: { keep: 0.5, cell: 0.5 } })).toThrow(
    'pixelLoss with sampling.cell 0.5: a cell has a whole number of pixels on each side; pass 32 for the patches of FCN-32s, 1 for single pixels',
  )
  expect(() => run({ classWeights: [1, -1, 1] })).toThrow(
    'pixelLoss with classWeights [1,-1,1]: each class has a finite weight, 0 or more; pass one number per class',
  )
  expect(() => run({ classWeights: [1, 2] })).toThrow(
    'pixelLoss with classWeights for 2 classes and scores of 3: each class has a weight; pass one number per class, background included',
  )
  expect(() => run({}, 2, 1)).toThrow(
    'a net with 2 outputs, 1 label maps and settings of 0 heads: each head is compared with labels of its own; put one label map per head into batch.targets, and one entry per head into heads, or none',
  )
})

function value(options: PixelLossOptions): number {
  return pixelLoss(options)([scores()], [labels()]).dataSync()[0]
}
