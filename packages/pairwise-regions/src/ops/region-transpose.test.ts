import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { replay, trace } from '@pixelwise/compiler'
import { useBackend } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { regionTranspose, transposeByShifts } from './region-transpose.js'

/** 0, 1, 2… as pairs. */
function counted(height: number, width: number, window: number, first = 0, batch = 1): tf.Tensor4D {
  const shape: [number, number, number, number] = [batch, height, width, window * window]
  return tf.reshape(tf.range(first, first + tf.util.sizeFromShape(shape)), shape)
}

/** The definition, entry by entry. */
function byDefinition(p: tf.Tensor4D, origin: number, fill: number): number[] {
  const [batch, height, width, channels] = p.shape
  const window = Math.sqrt(channels)
  const values = p.dataSync()
  const result: number[] = []
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let i = 0; i < window; i++) {
          for (let j = 0; j < window; j++) {
            const [cy, cx] = [y + i - origin, x + j - origin]
            const inside = cy >= 0 && cy < height && cx >= 0 && cx < width
            const place = ((n * height + cy) * width + cx) * channels + (window - 1 - i) * window + window - 1 - j
            result.push(inside ? values[place] : fill)
          }
        }
      }
    }
  }
  return result
}

/** Grids that are no squares and windows larger than they are, odd and even, with every origin. */
const cases = [
  [1, 7, 9, 3],
  [2, 7, 9, 4],
  [1, 3, 2, 5],
  [1, 1, 6, 4],
  [3, 4, 5, 2],
  [1, 2, 1, 6],
  [2, 5, 3, 1],
].flatMap(([batch, height, width, window]) =>
  Array.from({ length: window }, (_, origin) => ({ batch, height, width, window, origin })),
)

describe.each(['cpu', 'wasm'] as const)('the region transpose on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend, backend === 'wasm' ? { threads: 1 } : {})
  })

  test('moves numbers as worked out by hand', () => {
    const small = counted(2, 2, 2)
    expect([...regionTranspose(small, { origin: 1 }).dataSync()]).toEqual([
      0, 0, 0, 0, 0, 0, 1, 4, 0, 2, 0, 8, 3, 6, 9, 12,
    ])
    expect([...regionTranspose(small, { origin: 0 }).dataSync()]).toEqual([
      3, 6, 9, 12, 7, 0, 13, 0, 11, 14, 0, 0, 15, 0, 0, 0,
    ])
    const nine = regionTranspose(counted(3, 3, 3, 1)).arraySync()
    expect(nine[0][1][1]).toEqual([9, 17, 25, 33, 41, 49, 57, 65, 73])
    expect(nine[0][0][0]).toEqual([0, 0, 0, 0, 5, 13, 0, 29, 37])
  })

  test('keeps checksums over a whole array', () => {
    const p = counted(4, 4, 4)
    const sum = (x: tf.Tensor) => [...x.dataSync()].reduce((total, value) => total + value, 0)
    for (const [origin, products, ones] of [
      [1, 2681512, 144],
      [2, 2681512, 144],
      [3, 1688100, 100],
    ]) {
      expect(sum(tf.mul(regionTranspose(p, { origin }), p))).toBe(products)
      expect(sum(regionTranspose(tf.onesLike(p), { origin }))).toBe(ones)
    }
  })

  test.each(cases)('is the definition, and so are the shifts: %o', ({ batch, height, width, window, origin }) => {
    const p = counted(height, width, window, 1, batch)
    for (const fill of [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const expected = byDefinition(p, origin, fill)
      expect([...regionTranspose(p, { origin, fill }).dataSync()]).toEqual(expected)
      expect([...transposeByShifts(p, origin, fill).dataSync()]).toEqual(expected)
    }
  })

  test.each(cases)('is undone by the other origin, where the cell is inside: %o', (each) => {
    const { batch, height, width, window, origin } = each
    const p = counted(height, width, window, 1, batch)
    const back = regionTranspose(regionTranspose(p, { origin }), { origin: window - 1 - origin })
    const inside = regionTranspose(tf.onesLike(p), { origin: window - 1 - origin })
    expect([...back.dataSync()]).toEqual([...tf.mul(p, inside).dataSync()])
    const twice = regionTranspose(regionTranspose(p, { origin }), { origin })
    const same = `${[...twice.dataSync()]}` === `${[...back.dataSync()]}`
    if (window % 2 === 1 && origin === (window - 1) / 2) expect(same).toBe(true)
    if (window % 2 === 0 && origin === window / 2 && height > 2 && width > 2) expect(same).toBe(false)
  })

  test.each(cases)('has the transpose with the other origin for a gradient: %o', (each) => {
    const { batch, height, width, window, origin } = each
    const p = seededTensor([batch, height, width, window ** 2], 'p') as tf.Tensor4D
    const q = seededTensor(p.shape, 'q') as tf.Tensor4D
    const loss = (x: tf.Tensor) => tf.sum(tf.mul(regionTranspose(x as tf.Tensor4D, { origin, fill: 7 }), q))
    const expected = byDefinition(q, window - 1 - origin, 0)
    expect([...tf.grad(loss)(p).dataSync()]).toEqual(expected)
  })

  test.each([
    [8, 18, 0.873],
    [16, 18, 0.7544],
    [32, 18, 0.5425],
  ])('of 640×480 pixels in cells of %i, windows of %i cells hold a share of %f', (stride, window, inside) => {
    const mean = tf.tidy(() => tf.mean(regionTranspose(tf.ones([1, 480 / stride, 640 / stride, window ** 2]))))
    expect(mean.dataSync()[0]).toBeCloseTo(inside, 4)
  })

  test('leaves no tensor behind', () => {
    const p = counted(5, 4, 3)
    tf.dispose(regionTranspose(p))
    const before = tf.memory().numTensors
    tf.dispose([regionTranspose(p), transposeByShifts(p, 1, 0)])
    expect(tf.memory().numTensors).toBe(before)
  })

  test('can be traced, and its trace computes the same', () => {
    const p = counted(5, 4, 4)
    const both = (x: tf.Tensor) => {
      const run = (value: tf.Tensor) => regionTranspose(value as tf.Tensor4D)
      return [run(x), tf.grad((value: tf.Tensor) => tf.sum(tf.square(run(value))))(x)]
    }
    const { graph } = trace(both, [{ shape: p.shape }])
    expect(new Set(graph.nodes.map(({ kernel }) => kernel))).not.toContain('RegionTranspose')
    const { outputs } = replay(graph, new Map([[graph.inputs[0].value, p]]))
    const expected = both(p)
    for (const [i, output] of outputs.entries()) expect(output.dataSync()).toEqual(expected[i].dataSync())
  })
})

test('says what it cannot transpose', () => {
  const transpose = (shape: number[], origin?: number) => () =>
    regionTranspose(tf.zeros<tf.Rank>(shape) as tf.Tensor4D, origin === undefined ? {} : { origin })
  expect(transpose([4, 4, 9])).toThrow(
    new PixelwiseError('regionTranspose/wrong-rank', {
      what: 'regionTranspose: p of shape [4, 4, 9]',
      rule: 'expected rank 4, [N, H, W, R·R]',
      next: 'reshape it, or add the missing axis with tf.expandDims',
    }),
  )
  expect(transpose([1, 4, 4, 8])).toThrow(
    new PixelwiseError('regionTranspose/not-square', {
      what: 'regionTranspose: p of shape [1, 4, 4, 8]',
      rule: 'the channels are the cells of a square window, so their number is a square',
      next: 'end the convolution before it with R·R filters',
    }),
  )
  expect(transpose([1, 4, 4, 9], 3)).toThrow(
    new PixelwiseError('regionTranspose/bad-origin', {
      what: 'regionTranspose: origin 3 in a window of 3×3',
      rule: 'the origin is a cell of the window, from 0 to 2',
      next: 'leave it out for the centre, 1',
    }),
  )
})
