import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { useBackend } from '@pixelwise/core'
import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RegionPathway } from '../networks/region-net.js'
import { centredOrigin } from '../pair-array.js'
import { threeObjects } from '../test-support/three-objects.js'
import { regionBatch } from '../training/region-batch.js'
import { activeRegions } from './active-regions.js'
import { evaluateOnTensors, regionLogistic } from './region-logistic.js'

beforeAll(async () => {
  await useBackend('cpu')
})

const pathway = (window: number, stride = 2): RegionPathway => ({
  name: 'small',
  stride,
  window,
  origin: centredOrigin(window),
  step: 1,
})

/** The targets of the three objects for one pathway, as `regionBatch` makes them. */
function targetsFor(of: RegionPathway, places = 16) {
  const image = { height: 12, width: 12, channels: 3, data: new Uint8Array(432) }
  const preprocessing = { inputKind: 'rgb', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] } as const
  const { inputs, targets } = regionBatch([{ image, instances: threeObjects() }], {
    net: { pathways: [of], scored: false, preprocessing },
    regions: places,
    ignoreLabel: -1,
    rng: new Rng(1),
  })
  tf.dispose(inputs as tf.Tensor[])
  const [labels, regions, weights] = targets
  return { labels: labels as tf.Tensor3D, regions: regions as tf.Tensor2D, weights: weights as tf.Tensor1D }
}

function lossAndGradient(window: number, logits: number[], places?: number) {
  const { labels, regions, weights } = targetsFor(pathway(window), places)
  const z = tf.tensor4d(logits, [1, 6, 6, window * window])
  const { value, grad } = tf.valueAndGrad((x) =>
    regionLogistic(x as tf.Tensor4D, labels, regions, weights, { stride: 2 }),
  )(z)
  return { loss: value.dataSync()[0], gradient: grad.dataSync() }
}

const everywhere = (window: number, value: (k: number) => number) =>
  Array.from({ length: 36 * window * window }, (_, k) => value(k))
const sum = (values: Iterable<number>, of = (x: number) => x) => [...values].reduce((s, x) => s + of(x), 0)

describe('active regions', () => {
  test('have their centre in an object that fits the window', () => {
    const active = activeRegions(threeObjects(), pathway(4))
    expect(active.map(({ row, column, instance }) => [row, column, instance])).toEqual([
      [1, 2, 1],
      [1, 3, 1],
      [2, 2, 1],
      [2, 3, 1],
      [4, 4, 2],
      [4, 5, 2],
      [5, 4, 2],
      [5, 5, 2],
    ])
  })

  test('of an odd window are centred at the middle of a cell', () => {
    const active = activeRegions(threeObjects(), pathway(5))
    expect(active).toHaveLength(12)
    expect(active.filter(({ instance }) => instance === 1).map(({ row, column }) => [row, column])).toEqual(
      [1, 2].flatMap((row) => [1, 2, 3].map((column) => [row, column])),
    )
    expect(active.filter(({ instance }) => instance === 2).map(({ row, column }) => [row, column])).toEqual(
      [3, 4].flatMap((row) => [3, 4, 5].map((column) => [row, column])),
    )
  })

  test('a window as large as the object takes it', () => {
    const labels = new Int32Array(64)
    for (let row = 0; row < 4; row++) labels.fill(7, row * 8, row * 8 + 4)
    const map = { height: 8, width: 8, labels }
    expect(activeRegions(map, pathway(2))).toEqual([{ row: 1, column: 1, instance: 7 }])
    labels[4] = 7 // one pixel more, at the upper right
    expect(activeRegions(map, pathway(2))).toEqual([])
  })

  test('a coarser step keeps every so many', () => {
    const dense = activeRegions(threeObjects(), pathway(4))
    const sparse = activeRegions(threeObjects(), { ...pathway(4), step: 2 })
    expect(sparse.map(({ row, column }) => [2 * row, 2 * column])).toEqual(
      dense.filter(({ row, column }) => row % 2 === 0 && column % 2 === 0).map(({ row, column }) => [row, column]),
    )
  })
})

describe.each(['wasm', 'cpu'] as const)('the loss on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend)
  })

  // Reference values of an implementation in PyTorch, float64.
  test('of undecided regions is log 2', () => {
    expect(
      lossAndGradient(
        4,
        everywhere(4, () => 0),
      ).loss,
    ).toBeCloseTo(Math.LN2, 6)
  })

  test('has the known values and gradients for even windows', () => {
    const constant = lossAndGradient(
      4,
      everywhere(4, () => Math.log(3)),
    )
    expect(constant.loss).toBeCloseTo(0.835557732, 6)
    expect(sum(constant.gradient)).toBeCloseTo(0.248697917, 6)
    expect(sum(constant.gradient, Math.abs)).toBeCloseTo(0.392333984, 6)
    const wave = lossAndGradient(
      4,
      everywhere(4, (k) => 2 * Math.sin(0.37 * k)),
    )
    expect(wave.loss).toBeCloseTo(0.812181643, 6)
    expect(Math.sqrt(sum(wave.gradient, (x) => x * x))).toBeCloseTo(0.039494357, 6)
  })

  test('has the known values and gradients for odd windows', () => {
    expect(
      lossAndGradient(
        5,
        everywhere(5, () => Math.log(3)),
      ).loss,
    ).toBeCloseTo(1.004491997, 6)
    const wave = lossAndGradient(
      5,
      everywhere(5, (k) => 2 * Math.sin(0.37 * k)),
    )
    expect(wave.loss).toBeCloseTo(0.832203203, 6)
    expect(Math.sqrt(sum(wave.gradient, (x) => x * x))).toBeCloseTo(0.028165121, 6)
  })

  test('does not depend on unused places', () => {
    const logits = everywhere(4, (k) => 2 * Math.sin(0.37 * k))
    const [few, many] = [8, 40].map((places) => lossAndGradient(4, logits, places))
    expect(many.loss).toBe(few.loss)
    expect(many.gradient).toEqual(few.gradient)
  })

  test('regions that do not count get no gradient', () => {
    const { gradient } = lossAndGradient(
      4,
      everywhere(4, () => 1),
    )
    const touched = new Set([...gradient].flatMap((value, k) => (value === 0 ? [] : [Math.floor(k / 16)])))
    expect(touched).toEqual(
      new Set(activeRegions(threeObjects(), pathway(4)).map(({ row, column }) => row * 6 + column)),
    )
  })

  test('leaves no tensor behind', () => {
    const { labels, regions, weights } = targetsFor(pathway(4))
    const z = tf.zeros<tf.Rank.R4>([1, 6, 6, 16])
    const run = () => {
      const { value, grad } = tf.valueAndGrad((x) =>
        regionLogistic(x as tf.Tensor4D, labels, regions, weights, { stride: 2 }),
      )(z)
      tf.dispose([value, grad])
    }
    run()
    const before = tf.memory().numTensors
    run()
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('as tensor operations', () => {
  const wave = (window: number) => {
    const { labels, regions, weights } = targetsFor(pathway(window), 12)
    const z = tf.tensor2d(
      everywhere(window, (k) => 2 * Math.sin(0.37 * k)),
      [36, window * window],
    )
    const places = tf.reshape(tf.slice(regions, [0, 0], [-1, 1]), [-1])
    return { chosen: tf.gather(z, places), labels, regions, weights, window, stride: 2 }
  }

  test('has the same value for every size of chunk', () => {
    const values = [1, 64, 3 * 64, 2 ** 20].map((chunkPixels) => evaluateOnTensors({ ...wave(4), chunkPixels }))
    for (const { loss, gradient } of values) {
      expect(loss.dataSync()[0]).toBeCloseTo(0.812181643, 6)
      const norm = Math.sqrt(sum(gradient.dataSync(), (x) => x * x))
      expect(norm).toBeCloseTo(0.039494357, 6)
    }
    expect(evaluateOnTensors({ ...wave(5), chunkPixels: 300 }).loss.dataSync()[0]).toBeCloseTo(0.832203203, 6)
  })

  test('holds no tensor beyond the pixels of a chunk', async () => {
    const of = pathway(18, 32)
    const labels = tf.fill<tf.Rank.R3>([1, 1152, 1152], 1, 'int32')
    const regions = tf.tensor2d([0, 0, 1, 0, 5, 1, 0, 9, 1], [3, 3], 'int32')
    const weights = tf.tensor1d([1, 1, 1])
    const chosen = tf.zeros<tf.Rank.R2>([3, of.window ** 2])
    const { kernels } = await tf.profile(() => {
      evaluateOnTensors({
        chosen,
        labels,
        regions,
        weights,
        window: of.window,
        stride: of.stride,
        chunkPixels: 2 ** 18,
      })
    })
    const outputs = kernels.flatMap(({ outputShapes, inputShapes }) =>
      outputShapes.filter(
        (shape) =>
          !inputShapes.some((input) => input && sizeOf(input) >= 1152 * 1152 && sizeOf(shape) === sizeOf(input)),
      ),
    )
    expect(Math.max(...outputs.map(sizeOf))).toBe(576 * 576)
    tf.dispose([labels, regions, weights, chosen])
  })
})

test('says what a wrong shape is', () => {
  const { labels, regions, weights } = targetsFor(pathway(4))
  expect(() => regionLogistic(tf.zeros([1, 6, 6, 15]), labels, regions, weights, { stride: 2 })).toThrow(
    new PixelwiseError('regionLogistic/wrong-shape', {
      what: 'regionLogistic: logits [1, 6, 6, 15], regions [16, 3], weights [16]',
      rule: 'expected logits [N, rows, columns, window²], regions [A, 3] and weights [A]',
      next: 'take the targets from regionBatch',
    }),
  )
})

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
