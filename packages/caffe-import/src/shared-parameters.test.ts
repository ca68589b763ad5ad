import { coreLayers, LayerRegistry } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeCaffemodel } from '../test-support/write-caffemodel.js'
import { memoryBytes } from './byte-source.js'
import { importCaffe } from './import-caffe.js'
import { caffeLayers } from './layers/caffe-layers.js'
import { weightMultipliers } from './solver.js'
import { readCaffemodel } from './wire/caffemodel.js'

beforeAll(async () => {
  await tf.setBackend('cpu')
  new LayerRegistry([...coreLayers, ...caffeLayers]) // so that tfjs knows the layers when it loads them
})

const input = (name: string) => `input: "${name}" input_shape { dim: 1 dim: 2 dim: 6 dim: 6 }\n`
const layer = (name: string, type: string, bottoms: readonly string[], more = '') =>
  `layer { name: "${name}" type: "${type}" ${bottoms.map((bottom) => `bottom: "${bottom}"`).join(' ')} top: "${name}" ${more} }\n`
const both = 'param { name: "w" } param { name: "b" }'
const convolution = (name: string, bottom: string, settings = 'kernel_size: 3 pad: 1', params = both) =>
  layer(name, 'Convolution', [bottom], `${params} convolution_param { num_output: 2 ${settings} }`)
const siamese = (settings?: string, params?: string) =>
  `${input('left')}${input('right')}${convolution('one', 'left')}${convolution('two', 'right', settings, params)}`

const kernel = Float32Array.from({ length: 36 }, (_, i) => Math.sin(i + 1))
const stored = (name: string, factor = 1) => ({
  name,
  type: 'Convolution',
  blobs: [
    { shape: [2, 2, 3, 3], values: kernel.map((value) => value * factor) },
    { shape: [2], values: Float32Array.of(0.5 * factor, -0.25 * factor) },
  ],
})
const weightsOf = (...layers: ReturnType<typeof stored>[]) => readCaffemodel(memoryBytes(writeCaffemodel(layers)))

describe('layers that share all parameters and are alike', () => {
  const joined = `${siamese()}${layer('relu', 'ReLU', ['one'])}${layer('sum', 'Eltwise', ['relu', 'two'])}`

  test('are one layer of the model, and stay one when it is saved and loaded', async () => {
    const { model, report } = importCaffe({ net: joined, weights: weightsOf(stored('one')) })
    expect(model.layers.map(({ name }) => name).sort()).toEqual(['left', 'one', 'relu', 'right', 'sum'])
    expect(model.countParams()).toBe(2 * 2 * 9 + 2)
    expect(report.layers.find(({ name }) => name === 'two')).toMatchObject({ status: 'mapped', modelName: 'one' })
    expect(report.notes).toEqual(['layer "two" shares all parameters of "one": one layer of the model serves both'])
    const apart = importCaffe({ net: joined.replaceAll(both, ''), weights: weightsOf(stored('one'), stored('two')) })
    expect(apart.model.countParams()).toBe(2 * model.countParams())
    const expected = scoresOf(apart.model)
    expect(scoresOf(model)).toEqual(expected)
    expect(scoresOf(await reloaded(model))).toEqual(expected)
  })

  test('learn as one: the gradient is the sum over both uses', () => {
    const { model } = importCaffe({ net: `${siamese()}${layer('sum', 'Eltwise', ['one', 'two'])}` })
    const bias = model.trainableWeights.find(({ originalName }) => originalName === 'one/bias')
    const variable = bias?.read() as tf.Variable
    const { grads } = tf.variableGrads(() => tf.sum(model.apply(images(), { training: true }) as tf.Tensor), [variable])
    expect([...grads[variable.name].dataSync()]).toEqual([2 * 36, 2 * 36]) // once for each cell of either map
  })

  test('are freed with the model', () => {
    const tensors = tf.memory().numTensors
    const { model } = importCaffe({ net: joined })
    expect(tf.memory().numTensors).toBe(tensors + 2)
    model.dispose()
    expect(tf.memory().numTensors).toBe(tensors)
  })

  test('may follow one another', async () => {
    const chain = `${input('left')}${convolution('one', 'left')}${layer('relu', 'ReLU', ['one'])}${convolution('two', 'relu')}`
    const { model } = importCaffe({ net: chain, weights: weightsOf(stored('one')) })
    expect(model.countParams()).toBe(38)
    const apart = importCaffe({ net: chain.replaceAll(both, ''), weights: weightsOf(stored('one'), stored('two')) })
    const expected = scoresOf(apart.model)
    expect(scoresOf(model)).toEqual(expected)
    expect(scoresOf(await reloaded(model))).toEqual(expected)
  })

  test('hold what the file says last, as in Caffe, whichever layer it says it of', () => {
    const net = siamese()
    const last = importCaffe({ net, weights: weightsOf(stored('one'), stored('two', 3)) })
    const second = importCaffe({ net, weights: weightsOf(stored('two', 3)) })
    const expected = importCaffe({ net, weights: weightsOf(stored('one', 3)) })
    for (const { model } of [last, second]) expect(scoresOf(model)).toEqual(scoresOf(expected.model))
  })
})

describe('layers that share parameters and differ', () => {
  test.each([
    ['in their settings', 'kernel_size: 3 stride: 2', both, 'layer "two" holds a copy of parameters of "one"'],
    [
      'in a parameter of their own',
      undefined,
      'param { name: "w" }',
      'layer "two" holds a copy of parameters of "one"',
    ],
  ])('%s hold a copy each, which the report says', async (_, settings, params, note) => {
    const { model, report } = importCaffe({ net: siamese(settings, params) })
    expect(model.layers.map(({ name }) => name).sort()).toEqual(['left', 'one', 'right', 'two'])
    expect(report.notes).toEqual([`${note}, and they would learn apart: the layers differ otherwise`])
    const kernels = ['one', 'two'].map((name) => [...model.getLayer(name).getWeights()[0].dataSync()])
    expect(kernels[1]).toEqual(kernels[0])
  })

  test('in how they store a matrix hold a copy each', () => {
    const dense = (name: string, bottom: string, more = '') =>
      layer(
        name,
        'InnerProduct',
        [bottom],
        `param { name: "w" } inner_product_param { num_output: 2 bias_term: false axis: 3 weight_filler { type: "xavier" } ${more} }`,
      )
    const narrow = (name: string) => `input: "${name}" input_shape { dim: 1 dim: 1 dim: 3 dim: 2 }\n`
    const net = `${narrow('left')}${narrow('right')}${dense('one', 'left')}${dense('two', 'right', 'transpose: true')}`
    const { model } = importCaffe({ net })
    const [plain, transposed] = ['one', 'two'].map((name) => [...model.getLayer(name).getWeights()[0].dataSync()])
    expect(transposed).toEqual([plain[0], plain[2], plain[1], plain[3]])
  })

  test('in a way that tfjs would load wrongly hold a copy each', async () => {
    // The first use waits for relu, which stands behind the shared layer in the model; the second does not.
    const net =
      `${input('left')}${input('right')}${layer('relu', 'ReLU', ['left'])}${convolution('one', 'relu')}${convolution('two', 'right')}` +
      `${layer('a', 'TanH', ['two'])}${layer('b', 'TanH', ['a'])}${layer('sum', 'Eltwise', ['b', 'one'])}`
    const { model, report } = importCaffe({ net, weights: weightsOf(stored('one')) })
    expect(report.notes).toEqual([
      'layer "two" holds a copy of parameters of "one", and they would learn apart: tfjs would mix up the uses of a shared layer when it loads it',
    ])
    expect(scoresOf(await reloaded(model))).toEqual(scoresOf(model))
  })
})

test('multipliers that one of the layers states hold for all', () => {
  const net = `${input('left')}${convolution('one', 'left', undefined, 'param { name: "w" } param { name: "b" lr_mult: 2 }')}${convolution('two', 'one', undefined, 'param { name: "w" lr_mult: 3 } param { name: "b" decay_mult: 0 }')}`
  const { report } = importCaffe({ net })
  expect(weightMultipliers(report)('one/kernel')).toEqual({ learningRate: 3, decay: 1 })
  expect(weightMultipliers(report)('one/bias')).toEqual({ learningRate: 2, decay: 0 })
})

test.each([
  [
    siamese(undefined, 'param { name: "b" } param { name: "w" }'),
    'net.prototxt:4:7: layer "two" has parameter "b" as [2, 2, 3, 3], and layer "one" as [2]: both have one shape, unless share_mode is PERMISSIVE; correct the net, or give the parameter another name',
  ],
  [
    siamese('kernel_size: 1', 'param { name: "w" share_mode: PERMISSIVE }'),
    'net.prototxt:4:7: layer "two" has parameter "w" as [2, 2, 1, 1], and layer "one" as [2, 2, 3, 3]: both hold as many values; correct the net, or give the parameter another name',
  ],
  [
    `${input('left')}${convolution('one', 'left', undefined, 'param { name: "w" lr_mult: 1 }')}${convolution('two', 'one', undefined, 'param { name: "w" lr_mult: 2 }')}`,
    'net.prototxt:3:7: layer "two" has parameter "w" with lr_mult 2, and an earlier layer with 1: layers that share a parameter state one multiplier; correct the net, or give the parameter another name',
  ],
])('refuses layers that disagree about a parameter', (net, expected) => {
  const tensors = tf.memory().numTensors
  expect(() => importCaffe({ net })).toThrow(expected)
  expect(tf.memory().numTensors).toBe(tensors)
})

const images = () => [1, 2].map((phase) => tf.reshape(tf.sin(tf.add(tf.range(0, 72), phase)), [1, 6, 6, 2]))

function scoresOf(model: LayersModel): number[][] {
  const scores = [model.predict(images().slice(0, model.inputs.length))].flat() as tf.Tensor[]
  return scores.map((score) => [...score.dataSync()])
}

async function reloaded(model: LayersModel): Promise<LayersModel> {
  const saved: tf.io.ModelArtifacts[] = []
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    saved.push(artifacts)
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
  })
  await model.save(handler)
  return loadLayersModel(tf.io.fromMemory(saved[0]))
}
