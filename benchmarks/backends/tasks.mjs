import { Rng } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers'

/** Names of the measured tasks, in the order of the report. */
export const taskNames = ['convolution forward', 'convolution forward+backward', 'net forward', 'net forward+backward']

/** Floating-point operations of a 3×3 convolution, a multiplication and an addition each; backward is two more of it. */
export function convolutionGigaflops({ size, channels }, taskName) {
  const forward = (2 * 9 * channels * channels * size * size) / 1e9
  return taskName.endsWith('backward') ? 3 * forward : forward
}

/** One task per name, each `() => Promise<milliseconds>`; the tensors live as long as the process. */
export async function prepareTasks({ size, channels, net, seed }) {
  return new Map([...convolutionTasks({ size, channels }, new Rng(seed)), ...(await netTasks(net, new Rng(seed)))])
}

function convolutionTasks({ size, channels }, rng) {
  const image = uniform(rng, [1, size, size, channels])
  const filter = uniform(rng, [3, 3, channels, channels])
  const gradient = uniform(rng, [1, size, size, channels])
  const forward = (x, w) => tf.conv2d(x, w, 1, 'same')
  return [
    ['convolution forward', () => timed(() => [forward(image, filter)])],
    ['convolution forward+backward', () => timed(() => tf.grads(forward)([image, filter], gradient))],
  ]
}

async function netTasks({ module, batch, height, width, classes }, rng) {
  const { build } = await import(module)
  const { model, loss } = await build(classes)
  const images = uniform(rng, [batch, height, width, model.inputs[0].shape.at(-1)])
  const labels = tf.tensor(
    Int32Array.from({ length: batch * height * width }, () => rng.integer(classes)),
    [batch, height, width],
    'int32',
  )
  // tfjs-layers keeps the variable of a weight in a field that its types hide.
  const variables = model.trainableWeights.map((weight) => weight.val)
  const scores = (training) => model.apply(images, { training })
  return [
    ['net forward', () => timed(() => [scores(false)])],
    [
      'net forward+backward',
      () => timed(() => Object.values(tf.variableGrads(() => loss([scores(true)], [labels]), variables).grads)),
    ],
  ]
}

/** Milliseconds until every result is there; a GPU has finished when one number of each can be read. */
async function timed(compute) {
  const start = performance.now()
  const results = tf.tidy(compute)
  for (const result of results) {
    const probe = tf.tidy(() => tf.slice(tf.reshape(result, [-1]), 0, 1))
    await probe.data()
    probe.dispose()
  }
  const milliseconds = performance.now() - start
  tf.dispose(results)
  return milliseconds
}

function uniform(rng, shape) {
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.uniform(-1, 1)),
    shape,
  )
}
