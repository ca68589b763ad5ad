import { expect, test } from 'vitest'
import { parsePrototxt } from '../prototxt/parse.js'
import { resolveGraph } from './graph.js'
import { takesPart } from './phase-rules.js'
import { upgradeNet } from './upgrade.js'

const upgrade = (text: string) => upgradeNet(parsePrototxt(text, 'NetParameter', 'net.prototxt'), 'net.prototxt')
const graph = (text: string) => resolveGraph(upgrade(text).layers, 'net.prototxt')

test('V0 becomes V2: settings move to their messages, padding layers into the layer behind them', () => {
  const { layers, upgrades } = upgrade(`
    layers { layer { name: "data" type: "data" source: "train" batchsize: 256 meanfile: "mean" cropsize: 227 mirror: true } top: "data" top: "label" }
    layers { layer { name: "pad2" type: "padding" pad: 2 } bottom: "data" top: "pad2" }
    layers { layer { name: "conv2" type: "conv" num_output: 256 group: 2 kernelsize: 5 stride: 1 biasterm: false blobs_lr: 1. blobs_lr: 2. weight_decay: 1. } bottom: "pad2" top: "conv2" }
    layers { layer { name: "pool2" type: "pool" pool: MAX kernelsize: 3 stride: 2 } bottom: "conv2" top: "pool2" }
    layers { layer { name: "fc" type: "innerproduct" num_output: 10 } bottom: "pool2" top: "fc" }
    layers { layer { name: "loss" type: "softmax_loss" } bottom: "fc" bottom: "label" }`)
  expect(upgrades).toEqual(['6 V0 layers became V2 layers'])
  expect(layers.map((layer) => [layer.text('name'), layer.text('type')])).toEqual([
    ['data', 'Data'],
    ['conv2', 'Convolution'],
    ['pool2', 'Pooling'],
    ['fc', 'InnerProduct'],
    ['loss', 'SoftmaxWithLoss'],
  ])
  const [data, convolution, pool] = layers
  expect(data.message('transform_param')?.number('crop_size')).toBe(227)
  expect(data.message('data_param')?.number('batch_size')).toBe(256)
  const settings = convolution.message('convolution_param')
  expect(convolution.texts('bottom')).toEqual(['data'])
  expect(['num_output', 'group', 'pad', 'kernel_size'].map((field) => settings?.number(field))).toEqual([256, 2, 2, 5])
  expect(settings?.flag('bias_term', true)).toBe(false)
  expect(convolution.messages('param').map((spec) => spec.number('lr_mult'))).toEqual([1, 2])
  expect(convolution.messages('param').map((spec) => spec.number('decay_mult'))).toEqual([1, undefined])
  expect(pool.message('pooling_param')?.text('pool')).toBe('MAX')
})

test('V1 becomes V2: types, learning rates, names of shared parameters, data settings', () => {
  const { layers } = upgrade(`
    layers { name: "data" type: IMAGE_DATA top: "data" image_data_param { source: "list" scale: 0.5 mirror: true } }
    layers { name: "ip" type: INNER_PRODUCT bottom: "data" top: "ip" param: "w" blobs_lr: 3 blobs_lr: 4 weight_decay: 5 inner_product_param { num_output: 2 } }
    layers { name: "crop" type: CROP bottom: "ip" bottom: "data" top: "crop" }`)
  expect(layers.map((layer) => layer.text('type'))).toEqual(['ImageData', 'InnerProduct', 'Crop'])
  expect(layers[0].message('transform_param')?.number('scale')).toBe(0.5)
  expect(layers[0].message('image_data_param')?.has('scale')).toBe(false)
  const specs = layers[1].messages('param')
  expect(specs.map((spec) => [spec.text('name'), spec.number('lr_mult'), spec.number('decay_mult')])).toEqual([
    ['w', 3, 5],
    [undefined, 4, undefined],
  ])
})

test('a layer in place makes a new version; readers see the latest writer before them', () => {
  const { layers, outputs } = graph(`
    input: "data" input_shape { dim: 1 }
    layer { name: "a" type: "A" bottom: "data" top: "x" }
    layer { name: "b" type: "B" bottom: "x" top: "y" }
    layer { name: "relu" type: "ReLU" bottom: "x" top: "x" }
    layer { name: "c" type: "C" bottom: "x" bottom: "y" top: "z" }`)
  const [, a, b, relu, c] = layers
  expect(b.bottoms[0]).toBe(a.tops[0])
  expect(relu.bottoms[0]).toBe(a.tops[0])
  expect(c.bottoms[0]).toBe(relu.tops[0])
  expect(outputs.map(({ name }) => name)).toEqual(['z'])
})

test.each([
  ['', 'TEST', true],
  ['include { phase: TEST }', 'TEST', true],
  ['include { phase: TRAIN }', 'TEST', false],
  ['include { phase: TRAIN } include { min_level: 2 }', 'TEST', true],
  ['include { min_level: 4 }', 'TEST', false],
  ['include { max_level: 2 }', 'TEST', false],
  ['include { stage: "deploy" stage: "fast" }', 'TEST', true],
  ['include { stage: "other" }', 'TEST', false],
  ['include { not_stage: "deploy" }', 'TEST', false],
  ['exclude { phase: TEST }', 'TEST', false],
  ['exclude { phase: TRAIN } exclude { stage: "other" }', 'TEST', true],
] as const)('rules: %j in phase %s at level 3 with stages deploy and fast', (rules, phase, expected) => {
  const [layer] = upgrade(`layer { name: "a" type: "A" ${rules} }`).layers
  expect(takesPart(layer, { phase, level: 3, stages: ['deploy', 'fast'] }, 'net.prototxt')).toBe(expected)
})

test.each([
  [
    'layers { name: "a" type: RELU } layer { name: "b" type: "ReLU" }',
    'net.prototxt:1:8: a "layers" field in a net with "layer" fields: a net is written in one version of the format; write all layers as "layer"',
  ],
  [
    'input: "a" input: "b" input_dim: 1',
    'net.prototxt:1:8: 2 inputs, 0 input_shape, 1 input_dim: every input has either one input_shape or four input_dim; write input_shape { dim: 1 dim: 3 dim: 500 dim: 500 } for each input',
  ],
  ['layers { layer { name: "a" type: "cnov" } }', 'layer "a" has type "cnov": known: accuracy'],
  [
    'layers { layer { name: "a" type: "relu" num_output: 3 } }',
    'net.prototxt:1:53: num_output in layer "a" of type relu: this type of layer has no such setting; remove the field',
  ],
  [
    'layers { layer { name: "p" type: "padding" pad: 1 } bottom: "x" top: "p" } layers { layer { name: "r" type: "relu" } bottom: "p" top: "r" }',
    'layer "r" reads the padding layer\'s blob "p": only a convolution or pooling can take over the padding before it; give the layers that need padding a pad of their own',
  ],
  ['layer { name: "a" }', 'net.prototxt:1:7: layer "a" has no type: a layer says what it computes; add type: "…"'],
  [
    'layer { name: "a" type: "A" bottom: "b" top: "c" } layer { name: "d" type: "D" bottom: "c" top: "b" }',
    'net.prototxt:1:7: layer "a" reads blob "b", which layer "d" gives only later: a blob is written by an earlier layer; put the layers in the order in which they run',
  ],
  [
    'layer { name: "a" type: "A" bottom: "b" }',
    'net.prototxt:1:7: layer "a" reads blob "b": a blob is written by an earlier layer; add the layer that gives it, check its phase rules, or correct the name',
  ],
  [
    'layer { name: "a" type: "A" top: "x" } layer { name: "b" type: "B" top: "x" }',
    'net.prototxt:1:46: layer "b" writes blob "x", which layer "a" already gives: a blob has one writer, except layers that work in place: top and bottom of one name at one position; give the top another name',
  ],
])('refuses %s', (text, expected) => {
  expect(() => graph(text)).toThrow(expected)
})

test('refuses rules of both kinds', () => {
  const [layer] = upgrade('layer { name: "a" type: "A" include { } exclude { } }').layers
  expect(() => takesPart(layer, { phase: 'TEST', level: 0, stages: [] }, 'net.prototxt')).toThrow(
    'net.prototxt:1:7: layer "a" has include and exclude rules: a layer has rules of one kind; write the rules as include only',
  )
})
