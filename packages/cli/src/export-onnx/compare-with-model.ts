import { loadOnnxRuntime } from '@pixelwise/compiler/node'
import { PixelwiseError, Rng } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/**
 * Runs an ONNX file and the model that it came from on the same random inputs: the largest difference, relative to
 * the largest output, or null where ONNX Runtime is not installed.
 */
export async function compareWithModel(
  file: string,
  model: LayersModel,
  inputs: readonly { readonly name: string; readonly shape: readonly number[] }[],
): Promise<number | null> {
  const runtime = await loadOnnxRuntime().catch((error) => {
    if (error instanceof PixelwiseError) return null
    throw error
  })
  if (runtime === null) return null
  const session = await runtime.InferenceSession.create(file)
  const images = inputs.map(({ name, shape }) => {
    const rng = new Rng(name)
    const size = shape.reduce((product, length) => product * length, 1)
    return Float32Array.from({ length: size }, () => rng.uniform(-100, 100))
  })
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }, i) => [name, new runtime.Tensor('float32', images[i], shape)]),
  )
  const results = Object.values(await session.run(feeds))
  await session.release()
  const expected = tf.tidy(() => {
    const tensors = inputs.map(({ shape }, i) => tf.tensor(images[i], [...shape]))
    return [model.apply(tensors, { training: false })].flat() as tf.Tensor[] // tensors in, tensors out
  })
  const differences = await Promise.all(
    expected.map(async (tensor, i) => relativeDifference(results[i].data as Float32Array, await tensor.data())),
  )
  tf.dispose(expected)
  return Math.max(...differences)
}

function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [largest, difference] = [Number.MIN_VALUE, actual.length === expected.length ? 0 : Number.POSITIVE_INFINITY]
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]))
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]))
  }
  return difference / largest
}
