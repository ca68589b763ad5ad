import '@tensorflow/tfjs-backend-cpu'
import { googlenet, squeezenet10, vgg16, vggSmall } from '@pixelwise/backbones'
import { AveragePooling, EagerEngine } from '@pixelwise/core'
import { fcn, fcn8s, fcn32s } from '@pixelwise/fcn'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { exportOnnx } from '../export-onnx.js'
import { loadOnnxRuntime } from '../node/load-onnx-runtime.js'
import { compile } from '../run/compiled-model.js'
import type { OnnxRuntime } from '../run/onnx-runtime.js'

let runtime: OnnxRuntime
/** The sessions that a test leaves open: those that compute borders are closed again. */
let sessions = new Set<object>()
beforeAll(async () => {
  await tf.setBackend('cpu')
  const real = await loadOnnxRuntime()
  const create: OnnxRuntime['InferenceSession']['create'] = async (...args) => {
    const session = await real.InferenceSession.create(...args)
    const opened = sessions.add(session)
    const release = async () => {
      opened.delete(session)
      await session.release()
    }
    return { run: (...args) => session.run(...args), release }
  }
  runtime = { Tensor: real.Tensor, InferenceSession: { create } }
})

const layers = (...list: tfl.layers.Layer[]) => tfl.sequential({ layers: list })
const anySize = { inputShape: [null, null, 2] as tfl.Shape }
const conv = (args: object) => tfl.layers.conv2d({ filters: 3, kernelSize: 3, ...args })

/** Sizes that no sample has: even, odd, narrow, several images. */
const sizes = [
  [1, 40, 40],
  [1, 45, 33],
  [3, 38, 70],
  [1, 51, 36],
]

const nets: [name: string, build: () => tfl.LayersModel, channels: number][] = [
  ['FCN-8s of a net that pools with rounding up', () => fcn8s(vggSmall({ seed: 1, width: 1 / 4 }), { classes: 3 }), 3],
  ['FCN-32s of a padded VGG-16', () => fcn32s(vgg16({ seed: 1, width: 1 / 32, pad: 100 }), { classes: 3 }), 3],
  ['the taps of GoogLeNet', () => googlenet({ seed: 1, width: 1 / 16 }).model, 3],
  [
    'padding that keeps sizes, with strides',
    () =>
      layers(
        conv({ ...anySize, padding: 'same', strides: 2 }),
        tfl.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      ),
    2,
  ],
  [
    'means over the whole map',
    () => layers(conv(anySize), tfl.layers.globalAveragePooling2d({}), tfl.layers.dense({ units: 2 })),
    2,
  ],
]

describe('one session serves sizes that were never traced', () => {
  test.each(nets)('%s', async (_name, build, channels) => {
    const model = withRandomWeights(build())
    const eager = await new EagerEngine().prepare(model)
    const compiled = compile(model, runtime)
    sessions = new Set()
    for (const size of sizes) {
      const image = seededTensor([...size, channels], 'image')
      const [actual, expected] = [await compiled.run([image]), await eager.run([image])]
      for (const [i, output] of expected.entries()) expect(relativeDifference(actual[i], output)).toBeLessThan(1e-5)
      tf.dispose([image, actual, expected])
    }
    expect(sessions.size).toBe(1)
    compiled.dispose()
    model.dispose()
  })
})

describe('an exported file takes every size, and calls its lengths by name', () => {
  test.each<[string, () => tfl.LayersModel]>([
    ['FCN-8s', () => fcn8s(vggSmall({ seed: 1, width: 1 / 4 }), { classes: 3 })],
    // Its maps are of odd and of even length in turns; few samples would not tell rounding up from adding one.
    ['FCN-4s of SqueezeNet', () => fcn(squeezenet10({ seed: 1, width: 1 / 16, pad: 60 }), { classes: 3, stride: 4 })],
  ])('%s', async (_name, build) => {
    const model = withRandomWeights(build())
    const session = await runtime.InferenceSession.create(await exportOnnx(model))
    for (const size of sizes.slice(1, 3)) {
      const image = seededTensor([...size, 3], 'image')
      const fed = new runtime.Tensor('float32', image.dataSync() as Float32Array, image.shape)
      const [scores] = Object.values(await session.run({ data: fed }))
      const expected = model.predict(image) as tf.Tensor
      expect(relativeDifference(tf.tensor(scores.data as Float32Array, [...scores.dims]), expected)).toBeLessThan(1e-5)
    }
    await session.release()
  })
})

/** Windows that stick out divide by fewer cells: the divisors are numbers of one size. */
const ofOneSize = () => layers(new AveragePooling({ window: 2, batchInputShape: [null, null, null, 2] } as never))

test('a net that is another graph at another size is compiled size by size', async () => {
  const model = ofOneSize()
  const compiled = compile(model, runtime)
  const eager = await new EagerEngine().prepare(model)
  sessions = new Set()
  for (const size of [...sizes, ...sizes]) {
    const image = seededTensor([...size, 2], 'image')
    const [[actual], [expected]] = [await compiled.run([image]), await eager.run([image])]
    expect(relativeDifference(actual, expected)).toBeLessThan(1e-5)
  }
  expect(sessions.size).toBe(sizes.length)
  compiled.dispose()
})

test('a size at which a net is another graph, here maps of one cell, is compiled by itself', async () => {
  const model = withRandomWeights(fcn8s(vggSmall({ seed: 1, width: 1 / 4 }), { classes: 3 }))
  const compiled = compile(model, runtime)
  const eager = await new EagerEngine().prepare(model)
  sessions = new Set()
  for (const size of [40, 32, 40]) {
    const image = seededTensor([1, size, size, 3], 'image')
    const [[actual], [expected]] = [await compiled.run([image]), await eager.run([image])]
    expect(relativeDifference(actual, expected)).toBeLessThan(1e-5)
  }
  expect(sessions.size).toBe(2)
  compiled.dispose()
})

/** Leaves its second input unread. */
class First extends tfl.layers.Layer {
  static readonly className = 'First'

  override computeOutputShape([first]: tfl.Shape[]): tfl.Shape {
    return first
  }

  override call([first]: tf.Tensor[]): tf.Tensor {
    return tf.neg(first)
  }
}

test('inputs of another type are another graph, though its nodes are the same', async () => {
  const inputs = ['x', 'y'].map((name) => tfl.input({ shape: [null, 2], name }))
  const compiled = compile(
    tfl.model({ inputs, outputs: new First({ name: 'first' }).apply(inputs) as tfl.SymbolicTensor }),
    runtime,
  )
  const x = tf.ones([1, 4, 2])
  for (const dtype of ['int32', 'float32'] as const) {
    const [output] = await compiled.run([x, tf.ones([1, 4, 2], dtype)])
    expect(output.dataSync()[0]).toBe(-1)
  }
  compiled.dispose()
})

test('a net without one graph for all sizes needs a size for its file', async () => {
  await expect(exportOnnx(ofOneSize())).rejects.toThrow(
    /^model "sequential_\d+" cannot be one graph for all sizes \(.+\): its kernels must be the same at every size, and their sizes follow from earlier ones; pass the shapes of the inputs: { inputs: \[{ shape: \[1, 500, 500, 3\] }\] }$/,
  )
  expect((await exportOnnx(ofOneSize(), { inputs: [{ shape: [1, 5, 5, 2] }] })).length).toBeGreaterThan(100)
})
