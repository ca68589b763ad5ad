import { PixelwiseLayer, type Shape } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeCaffemodel } from '../test-support/write-caffemodel.js'
import { memoryBytes } from './byte-source.js'
import { importCaffe } from './import-caffe.js'
import { caffeTranslators } from './translate/caffe-translators.js'
import { readCaffemodel } from './wire/caffemodel.js'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const data = 'input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }\n'
const convolution = (name: string, bottom: string, more = '') =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" convolution_param { num_output: 2 kernel_size: 1 } ${more} }\n`
const blobs = (inputs: number) => [
  { shape: [2, inputs, 1, 1], values: new Float32Array(2 * inputs).fill(1) },
  { shape: [2], values: new Float32Array(2) },
]
const weightsOf = (names: readonly (readonly [string, number])[]) =>
  readCaffemodel(
    memoryBytes(writeCaffemodel(names.map(([name, inputs]) => ({ name, type: 'Convolution', blobs: blobs(inputs) })))),
  )

const trainNet = `name: "trained"
layer { name: "data" type: "Python" top: "data" top: "label" python_param { module: "voc" layer: "Data" param_str: "{'mean': (104.5, 116, 122)}" } }
${convolution('score fr', 'data')}${convolution('side', 'score fr')}
layer { name: "silence" type: "Silence" bottom: "side" }
layer { name: "accuracy" type: "Accuracy" bottom: "score fr" bottom: "label" top: "accuracy" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score fr" bottom: "label" top: "loss" loss_weight: 0.5 loss_param { ignore_label: 255 normalize: false } }`

describe('the report', () => {
  test('tells of every layer and blob: mapped, skipped and why, weights used, unused and missing', () => {
    const { model, report, preprocessing } = importCaffe({
      net: trainNet,
      outputs: ['score fr'],
      weights: weightsOf([
        ['score fr', 3],
        ['old', 1],
      ]),
    })
    expect(report.net).toBe('trained')
    expect(report.layers.map(({ name, status, reason, modelName }) => [name, status, reason ?? modelName])).toEqual([
      ['data', 'input', undefined],
      ['score fr', 'mapped', 'score_fr'],
      ['side', 'skipped', 'no output depends on it'],
      ['silence', 'skipped', 'only marks blobs as unread'],
      ['accuracy', 'skipped', 'only measures'],
      ['loss', 'skipped', 'loss: kept as training information'],
    ])
    expect(report.inputs).toEqual([{ name: 'data', shape: [null, null, null, 3] }])
    expect(report.outputs).toEqual([{ name: 'score fr', shape: [null, null, null, 2] }])
    expect(report.weights).toMatchObject({ unused: [{ layer: 'old', shapes: [[2, 1, 1, 1], [2]] }], missing: [] })
    expect(report.losses).toEqual([
      {
        name: 'loss',
        type: 'SoftmaxWithLoss',
        bottoms: ['score fr', 'label'],
        weight: 0.5,
        ignoreLabel: 255,
        normalization: 'batch-size',
      },
    ])
    expect(preprocessing).toEqual({ inputKind: 'rgb', channelOrder: 'bgr', mean: [104.5, 116, 122], scale: [1, 1, 1] })
    model.dispose()
  })

  test('names what was filled, and what was assumed', () => {
    const net = trainNet.replaceAll('score fr', 'score')
    const { model, report } = importCaffe({ net, weights: weightsOf([['side', 2]]), fillMissing: true })
    expect(report.weights.missing).toEqual(['score'])
    expect(report.notes).toEqual(['input "data": the net does not say its channels; 3 assumed (say so with inputs)'])
    expect(report.outputs.map(({ name }) => name)).toEqual(['side'])
    model.dispose()
  })

  test('a net may leave the size of its input to the caller, who may leave rows and columns free', () => {
    const net = `input: "data" ${convolution('score', 'data')}`
    const known = importCaffe({ net, inputs: { data: [5, 8, 9] } })
    expect(known.report.inputs).toEqual([{ name: 'data', shape: [null, 8, 9, 5] }])
    const { report, model } = importCaffe({ net, weights: weightsOf([['score', 7]]) })
    expect(report.inputs).toEqual([{ name: 'data', shape: [null, null, null, 7] }])
    expect((model.predict(tf.ones([1, 2, 3, 7])) as tf.Tensor).shape).toEqual([1, 2, 3, 2])
    expect(() => importCaffe({ net: `${net}layer { name: "f" type: "Flatten" bottom: "score" top: "f" }` })).toThrow(
      'net.prototxt:1:8: input "data" has shape [?, 3, ?, ?]: a net with Reshape or Flatten layers works on one size; pass it: inputs: { "data": [channels, height, width] }',
    )
  })

  test('repeated names get their own in the model', () => {
    const { model, report } = importCaffe({
      net: `${data}layer { name: "r" type: "ReLU" bottom: "data" top: "a" } layer { name: "r" type: "TanH" bottom: "a" top: "b" }`,
    })
    expect(model.layers.map(({ name }) => name)).toEqual(['data', 'r', 'r_2'])
    expect(report.layers[2].modelName).toBe('r_2')
  })

  test('shared parameters come from their owner', () => {
    const shared = 'param { name: "w" } param { name: "b" }'
    const { model, report } = importCaffe({
      net: `input: "data" input_shape { dim: 1 dim: 2 dim: 4 dim: 4 } ${convolution('one', 'data', shared)}${convolution('two', 'one', shared)}`,
      weights: weightsOf([['one', 2]]),
    })
    expect(report.layers[2].parameters.map(({ from }) => from)).toEqual(['shared with one', 'shared with one'])
    expect([...(model.predict(tf.ones([1, 1, 1, 2])) as tf.Tensor).dataSync()]).toEqual([4, 4])
    model.dispose()
  })
})

describe('errors name the layer and the way out', () => {
  test.each([
    [
      `${data}layer { name: "a" type: "Convolutoin" bottom: "data" top: "a" }`,
      'net.prototxt:2:7: layer "a" has type "Convolutoin": known: AbsVal, ArgMax,',
    ],
    [
      `${data}layer { name: "a" type: "ReLU" bottom: "data" top: "a" my_param { x: 1 } }`,
      'net.prototxt:2:65: unknown field "my_param": it is no field of a layer of type ReLU; remove it, or give a translator that lists it in messages',
    ],
    [
      `${data}${convolution('c', 'data').replace('kernel_size: 1', 'kernel_size: 9')}`,
      'layer "c" gives a blob of shape [?, 0, 0, 2]: sizes are one or more; feed a larger input, or correct the layer',
    ],
    [
      `${data}${convolution('c', 'data').replace('kernel_size: 1', '')}`,
      'layer "c" has no kernel_size: the size of the window must be known; add kernel_size, or kernel_h and kernel_w',
    ],
    [
      `${data}${convolution('c', 'data').replace('num_output: 2', 'num_output: 4000000000')}`,
      'layer "c" needs a parameter of shape [4000000000, 3, 1, 1]: sizes are one or more, and a parameter has at most 536870912 values; correct num_output, kernel_size or group of the layer',
    ],
    [
      `${data}${convolution('c', 'data').replace('num_output: 2', 'num_output: 2 group: 2')}`,
      'layer "c" cuts 3 channels into 2 groups: the groups divide the channels; correct group, or the layer below',
    ],
    [
      `${data}layer { name: "r" type: "Reshape" bottom: "data" top: "r" reshape_param { shape { dim: 0 dim: 3 dim: 2 dim: 4 dim: 8 } } } layer { name: "a" type: "ReLU" bottom: "r" top: "a" }`,
      'layer "a": a takes a blob of 5 axes: maps have at most four; more may only stand between two reshapes; give a translator of your own for the layers between',
    ],
    ['input: "data" input_shape { dim: 1 dim: 0 }', 'net.prototxt: no layer of 1 gives an output'],
    [
      'input: "data" input_shape { dim: 1 dim: 0 } layer { name: "a" type: "ReLU" bottom: "data" top: "a" }',
      'net.prototxt:1:8: input "data" has shape [1, 0]: inputs have one to four axes, each of 1 to 1048576; correct the input shape',
    ],
    [
      `${data}layer { name: "a" type: "Eltwise" bottom: "data" top: "a" }`,
      'layer "a" has 1 bottoms: Eltwise takes 2 or more; correct the net',
    ],
    [
      `${data}${convolution('c', 'data')}layer { name: "e" type: "Eltwise" bottom: "data" bottom: "c" top: "e" }`,
      'layer "e": e: inputs of shape',
    ],
    [
      `${data}layer { name: "p" type: "Python" bottom: "data" top: "p" python_param { module: "m" layer: "L" } } layer { name: "r" type: "ReLU" bottom: "p" top: "r" }`,
      'layer "p" has type "m.L"',
    ],
  ])('%s', (net, expected) => {
    const tensors = tf.memory().numTensors
    expect(() => importCaffe({ net })).toThrow(expected)
    expect(tf.memory().numTensors).toBe(tensors)
  })

  // Where the stack ends depends on the machine: 2,000 layers fit, more than 6,000 are refused before they are tried.
  test.each([2000, 5900, 6001])('a chain of %i layers is imported or refused, never a crash', (count) => {
    const chain = Array.from(
      { length: count },
      (_, i) => `layer { name: "l${i}" type: "ReLU" bottom: "${i}" top: "${i + 1}" }`,
    )
    const net = `input: "0" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 1 ${chain.join(' ')}`
    let refused: unknown
    try {
      expect(importCaffe({ net }).model.layers).toHaveLength(count + 1)
    } catch (error) {
      refused = error
    }
    const message = `net.prototxt: ${count + 1} layers: tfjs follows a net as deep as the stack allows, a few thousand layers; check that this file describes a net, or import it in parts: outputs`
    if (count === 2000) expect(refused).toBeUndefined()
    else if (count > 6000 || refused !== undefined) expect((refused as Error).message).toBe(message)
  })

  test('wrong weights', () => {
    const net = `${data}${convolution('c', 'data')}`
    expect(() => importCaffe({ net, weights: weightsOf([['other', 3]]) })).toThrow(
      'net.prototxt:2:7: layer "c" has no weights in caffemodel: layers find their weights by name; pass the weights that belong to this net, or fillMissing: true to start such layers as the net says',
    )
    expect(() => importCaffe({ net, weights: weightsOf([['c', 4]]) })).toThrow(
      'net.prototxt:2:7: layer "c" has blob 0 of shape [2, 4, 1, 1] in caffemodel: the net asks for [2, 3, 1, 1]; pass the weights that belong to this net, or rename the layer so that it starts anew',
    )
    const without = net.replace('kernel_size: 1', 'kernel_size: 1 bias_term: false')
    expect(() => importCaffe({ net: without, weights: weightsOf([['c', 3]]) })).toThrow(
      'layer "c" has 2 blobs in caffemodel: Convolution as written takes 1;',
    )
  })
})

test('a new layer type takes ten lines', () => {
  class Cube extends PixelwiseLayer {
    static readonly className = 'Test>Cube'
    override inferShape([input]: Shape[]): Shape {
      return input
    }
    override forward([x]: tf.Tensor[]): tf.Tensor {
      return tf.mul(tf.square(x), x)
    }
  }
  const translators = caffeTranslators()
    .add('Cube', {
      messages: ['cube_param'],
      translate: (layer, inputs, net) => net.add(new Cube({ name: layer.modelName }), inputs),
    })
    .add('voc.Cube', { translate: (layer, inputs, net) => net.add(new Cube({ name: layer.modelName }), inputs) })
  const { model } = importCaffe({
    net: `${data}layer { name: "a" type: "Cube" bottom: "data" top: "a" cube_param { anything: 1 } }
          layer { name: "b" type: "Python" bottom: "a" top: "b" python_param { module: "voc" layer: "Cube" } }`,
    translators,
  })
  expect((model.predict(tf.fill([1, 1, 1, 3], 2)) as tf.Tensor).dataSync()[0]).toBe(512)
})

test('a net that is free of size gives a map of scores where its classifier saw one cell', () => {
  const { model } = importCaffe({
    net: `${data}layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }`,
  })
  const small = model.predict(tf.ones([1, 8, 8, 3])) as tf.Tensor
  const large = model.predict(tf.ones([1, 10, 9, 3])) as tf.Tensor
  expect([small.shape, large.shape]).toEqual([
    [1, 1, 1, 5],
    [1, 3, 2, 5],
  ])
  expect([...large.dataSync().slice(0, 5)]).toEqual([...small.dataSync()])
})
