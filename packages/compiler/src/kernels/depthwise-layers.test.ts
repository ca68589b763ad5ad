import '@tensorflow/tfjs-backend-cpu'
import { EagerEngine, type Engine } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import { sgd } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import * as ort from 'onnxruntime-node'
import { beforeAll, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { exportOnnx } from '../export-onnx.js'
import { CompiledEngine } from '../run/compiled-engine.js'
import type { OnnxRuntime } from '../run/onnx-runtime.js'

beforeAll(() => tf.setBackend('cpu'))

/** MobileNet's blocks in small: tfjs-layers passes `dilations: null` to its depthwise convolution. */
function mobileNet(): tfl.LayersModel {
  const { layers } = tfl
  return withRandomWeights(
    tfl.sequential({
      layers: [
        layers.conv2d({ inputShape: [null, null, 3], filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
        layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false }),
        layers.batchNormalization(),
        layers.reLU({ maxValue: 6 }),
        layers.separableConv2d({ filters: 6, kernelSize: 3, strides: 2, padding: 'same' }),
        layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, activation: 'relu' }),
        layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
        layers.dense({ units: 3 }),
      ],
    }),
  )
}

const strict = () => new CompiledEngine(ort as unknown as OnnxRuntime, { fallback: 'error' })
const images = () => seededTensor([2, 21, 26, 3], 'images')

test('a net of depthwise and separable layers predicts as it does eagerly', async () => {
  const [model, x] = [mobileNet(), images()]
  const [scores] = await (await strict().prepare(model)).run([x])
  expect(relativeDifference(scores, model.predict(x) as tf.Tensor)).toBeLessThan(1e-5)
})

async function weightsAfterStep(engine: Engine): Promise<tf.Tensor[]> {
  const model = mobileNet()
  const weights = model.trainableWeights.map((weight) => ({
    name: weight.name,
    variable: weight.read() as tf.Variable,
  }))
  const solver = sgd({ learningRate: 0.1 }).bind(weights)
  solver.begin(0)
  const step = await engine.prepareStep({
    variables: solver.variables,
    state: solver.state,
    loss: ([x]) => tf.mean(tf.square(model.apply(x, { training: true }) as tf.Tensor)),
    update: (gradients) => solver.update(gradients),
  })
  await step.run([images()])
  return model.getWeights()
}

test('it learns in a step what it learns eagerly', async () => {
  const expected = await weightsAfterStep(new EagerEngine())
  for (const [i, weight] of (await weightsAfterStep(strict())).entries()) {
    expect(relativeDifference(weight, expected[i])).toBeLessThan(1e-5)
  }
})

test('its file computes the same', async () => {
  const [model, x] = [mobileNet(), images()]
  const session = await ort.InferenceSession.create(await exportOnnx(model))
  const image = new ort.Tensor('float32', x.dataSync() as Float32Array, x.shape)
  const { data, dims } = (await session.run({ [session.inputNames[0]]: image }))[session.outputNames[0]]
  const scores = tf.tensor(data as Float32Array, [...dims])
  expect(relativeDifference(scores, model.predict(x) as tf.Tensor)).toBeLessThan(1e-5)
})
