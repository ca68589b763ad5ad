import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

const rng = new Rng('wasm kernels')

export function floats(...shape) {
  return { values: fill(shape, () => rng.uniform(-1, 1)), shape, dtype: 'float32' }
}

export function negatives(...shape) {
  return { values: fill(shape, () => rng.uniform(-2, -1)), shape, dtype: 'float32' }
}

export function integers(low, high, ...shape) {
  return { values: fill(shape, () => low + rng.integer(high - low)), shape, dtype: 'int32' }
}

export function truths(...shape) {
  return { values: fill(shape, () => rng.integer(2)), shape, dtype: 'bool' }
}

function fill(shape, next) {
  return Array.from({ length: tf.util.sizeFromShape(shape) }, next)
}

export async function compute(backend, inputs, f) {
  await tf.setBackend(backend)
  const made = tf.tidy(() => f(...inputs.map(({ values, shape, dtype }) => tf.tensor(values, shape, dtype))))
  const outputs = [made].flat()
  const read = outputs.map((output) => ({
    shape: output.shape,
    dtype: output.dtype,
    values: Array.from(output.dataSync()),
  }))
  tf.dispose(outputs)
  return read
}

export async function expectAgreement(inputs, f, tolerance = 2e-5) {
  const expected = await compute('cpu', inputs, f)
  const before = { tensors: tf.memory().numTensors, data: tf.findBackend('wasm').numDataIds() }
  const found = await compute('wasm', inputs, f)
  expect({ tensors: tf.memory().numTensors, data: tf.findBackend('wasm').numDataIds() }).toEqual(before)
  expect(found.map(withoutValues)).toEqual(expected.map(withoutValues))
  found.forEach(({ values }, output) => {
    expect(largestDifference(values, expected[output].values)).toBeLessThanOrEqual(tolerance)
  })
}

export async function expectTranspose(input, f, tolerance = 1e-4) {
  const forward = (x) => {
    const output = f(x)
    return tf.sum(tf.mul(output, weightsFor(output)))
  }
  const [{ values: gradient }] = await compute('wasm', [input], tf.grad(forward))
  for (let i = 0; i < 3; i++) {
    const direction = floats(...input.shape)
    const [{ values: along }] = await compute('wasm', [direction], forward)
    const product = gradient.reduce((sum, value, at) => sum + value * direction.values[at], 0)
    expect(Math.abs(product - along[0])).toBeLessThanOrEqual(tolerance)
  }
}

export function gradients(f) {
  const weighted = (...inputs) => {
    const output = f(...inputs)
    return tf.mul(output, weightsFor(output))
  }
  return (...inputs) => tf.grads(weighted)(inputs)
}

function weightsFor(output) {
  return tf.tensor(
    Float32Array.from({ length: output.size }, (_, i) => Math.sin(i * 1.7)),
    output.shape,
  )
}

function withoutValues({ shape, dtype }) {
  return { shape, dtype }
}

function largestDifference(found, expected) {
  return Math.max(0, ...found.map((value, i) => (value === expected[i] ? 0 : Math.abs(value - expected[i]))))
}
