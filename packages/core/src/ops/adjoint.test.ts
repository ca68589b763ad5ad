import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { useBackend } from '../backends/index.js'
import { convolution, transposedConvolution } from './index.js'

beforeAll(async () => {
  await useBackend('wasm')
})

const geometries = Array.from({ length: 40 }, (_, seed) => randomGeometry(new Rng(seed)))

test.each(geometries)(
  '⟨convolve(x), y⟩ = ⟨x, transpose(y)⟩: $label',
  async ({ x, filter, options, reachedPad, rng }) => {
    const input = uniform(rng, x)
    const weights = uniform(rng, filter)
    const convolved = convolution(input, weights, options)
    const y = uniform(rng, convolved.shape)
    // The same array: [rows, columns, Cin / groups, Cout] of the one is [rows, columns, Cout / groups, Cin] of the other.
    const transposed = transposedConvolution(y, weights, { ...options, pad: reachedPad })
    const [, height, width] = transposed.shape
    // Rows and columns that no window of a strided convolution reaches have no part in either side.
    const reached = tf.slice(input, [0, 0, 0, 0], [-1, height, width, -1])
    const forward = await inner(convolved, y)
    const backward = await inner(reached, transposed)
    const size = Math.sqrt((await inner(convolved, convolved)) * (await inner(y, y)))
    expect(Math.abs(forward - backward) / size).toBeLessThan(1e-6)

    const gradient = tf.grad((at: tf.Tensor) => tf.sum(tf.mul(convolution(at as tf.Tensor4D, weights, options), y)))(
      input,
    )
    const difference = tf.sub(gradient, padTo(transposed, x))
    expect(Math.sqrt((await inner(difference, difference)) / (await inner(transposed, transposed)))).toBeLessThan(1e-6)
  },
)

type Shape = [number, number, number, number]

function randomGeometry(rng: Rng) {
  const groups = rng.pick([1, 1, 2, 4])
  const [kh, kw, sh, sw, dh, dw] = [4, 5, 3, 3, 3, 3].map((most) => 1 + rng.integer(most))
  // Padding below the window, so that the transposed output is never negative.
  const [top, bottom] = [rng.integer(dh * (kh - 1) + 1), rng.integer(2)]
  const [left, right] = [rng.integer(dw * (kw - 1) + 1), rng.integer(2)]
  const x: Shape = [1 + rng.integer(2), 13 + rng.integer(9), 13 + rng.integer(9), 4 * (1 + rng.integer(3))]
  const filter: Shape = [kh, kw, x[3] / groups, groups * (1 + rng.integer(5))]
  const pad = { top, bottom, left, right }
  // What a stride leaves over at the bottom and right is padding first, then input.
  const leftOver = (size: number, window: number, stride: number) => (size - window) % stride
  const below = leftOver(x[1] + top + bottom, dh * (kh - 1) + 1, sh)
  const beside = leftOver(x[2] + left + right, dw * (kw - 1) + 1, sw)
  const reachedPad = { ...pad, bottom: Math.max(0, bottom - below), right: Math.max(0, right - beside) }
  const options = { stride: [sh, sw] as const, dilation: [dh, dw] as const, pad, groups }
  const label = `filter ${filter.join('×')}, groups ${groups}, stride ${sh},${sw}, dilation ${dh},${dw}, pad ${top},${bottom},${left},${right} on ${x.join('×')}`
  return { label, x, filter, options, reachedPad, rng }
}

function uniform(rng: Rng, shape: Shape): tf.Tensor4D {
  const size = shape.reduce((product, length) => product * length)
  return tf.tensor4d(
    Float32Array.from({ length: size }, () => rng.uniform(-1, 1)),
    shape,
  )
}

/** Summed in float64. */
async function inner(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  const [left, right] = [await a.data(), await b.data()]
  return Array.from(left).reduce((sum, value, i) => sum + value * right[i], 0)
}

function padTo(x: tf.Tensor4D, [, height, width]: Shape): tf.Tensor4D {
  return tf.pad(x, [
    [0, 0],
    [0, height - x.shape[1]],
    [0, width - x.shape[2]],
    [0, 0],
  ])
}
