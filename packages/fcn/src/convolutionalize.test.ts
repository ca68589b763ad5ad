import '@tensorflow/tfjs-backend-cpu'
import {
  alexnetClassifier,
  googlenetClassifier,
  lenetClassifier,
  resnet50Classifier,
  squeezenet11Classifier,
  vgg16Classifier,
} from '@pixelwise/backbones'
import { coreLayers, Dropout, LayerRegistry, outputMaps, Rng } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { input, type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { convolutionalize } from './convolutionalize.js'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const registry = new LayerRegistry(coreLayers)

describe('on a larger image each cell is the classifier on the crop below it', () => {
  test('LeNet, which pads nothing', () => {
    const classifier = lenetClassifier({ width: 1 / 5, seed: 2 })
    checkCells(classifier, [44, 60], { size: 28, stride: 4, rows: 5, columns: 9 })
  })

  test('flattened with activations inside, dropout and softmax', () => {
    const net = sequential({
      layers: [
        layers.conv2d({ inputShape: [8, 8, 2], filters: 3, kernelSize: 3, activation: 'relu', strides: 2 }),
        layers.flatten(),
        layers.activation({ activation: 'tanh' }),
        layers.dropout({ rate: 0.3 }),
        layers.dense({ units: 5, activation: 'relu' }),
        layers.dense({ units: 4, useBias: false, activation: 'softmax' }),
      ],
    })
    checkCells(net, [12, 14], { size: 8, stride: 2, rows: 3, columns: 4 })
  })

  // Keras writes channel-first flattening so; Caffe's own weights are ordered like this.
  test('flattened in the order channels, rows, columns', () => {
    const net = sequential({
      layers: [
        layers.conv2d({ inputShape: [7, 6, 1], filters: 3, kernelSize: 2 }),
        layers.permute({ dims: [3, 1, 2] }),
        layers.flatten(),
        layers.dense({ units: 4 }),
      ],
    })
    checkCells(net, [9, 9], { size: [7, 6], stride: 1, rows: 3, columns: 4 })
  })

  test.each([
    ['global averages', () => layers.globalAveragePooling2d({})],
    ['global maxima', () => layers.globalMaxPooling2d({})],
  ])('%s, normalised and reshaped', (_name, pool) => {
    const net = sequential({
      layers: [
        layers.conv2d({ inputShape: [6, 5, 1], filters: 4, kernelSize: 2 }),
        pool() as layers.Layer,
        layers.batchNormalization({}),
        layers.reshape({ targetShape: [1, 1, 4] }),
        layers.conv2d({ filters: 3, kernelSize: 1 }),
        layers.reshape({ targetShape: [3] }),
        layers.softmax(),
      ],
    })
    checkCells(net, [8, 7], { size: [6, 5], stride: 1, rows: 3, columns: 3 })
  })

  test('branches that are added and concatenated, a shared layer and a model within the model', () => {
    const image = input({ shape: [5, 5, 2] })
    const trunk = sequential({ layers: [layers.conv2d({ inputShape: [5, 5, 2], filters: 2, kernelSize: 2 })] })
    const flat = layers.flatten().apply(trunk.apply(image)) as SymbolicTensor
    const shared = layers.dense({ units: 3, activation: 'relu' })
    const one = shared.apply(flat)
    const other = layers.dense({ units: 3 }).apply(flat)
    const sum = layers
      .add()
      .apply([one, shared.apply(layers.activation({ activation: 'sigmoid' }).apply(flat))] as SymbolicTensor[])
    const joined = layers.concatenate().apply([sum, other] as SymbolicTensor[])
    const outputs = layers.dense({ units: 2 }).apply(joined) as SymbolicTensor
    checkCells(model({ inputs: image, outputs }), [7, 8], { size: 5, stride: 1, rows: 3, columns: 4 })
  })
})

// Their convolutions pad, so that only at the native size is the classifier's surrounding that of the net.
test.each([
  ['AlexNet', () => alexnetClassifier({ width: 1 / 32, classes: 5, seed: 1 }), 32],
  ['VGG-16', () => vgg16Classifier({ width: 1 / 32, classes: 5, seed: 1, inputSize: [96, 64] }), 32],
  ['GoogLeNet', () => googlenetClassifier({ width: 1 / 16, classes: 5, seed: 1 }), 32],
  ['ResNet-50', () => resnet50Classifier({ width: 1 / 32, classes: 5, seed: 1, inputSize: [96, 64] }), 32],
  ['SqueezeNet 1.1', () => squeezenet11Classifier({ width: 1 / 8, classes: 5, seed: 1, inputSize: [79, 63] }), 16],
] as const)('%s scores an image of its own size as before, and larger ones at its stride', (_name, build, stride) => {
  const classifier = build()
  const net = convolutionalize(classifier)
  expect(net.countParams()).toBe(classifier.countParams())
  const [, height, width] = classifier.inputs[0].shape as [null, number, number, number]
  const image = noise([1, height, width, 3])
  const [expected, found] = tf.tidy(() =>
    [classifier, net].map((one) => Array.from((one.predict(image) as tf.Tensor).dataSync())),
  )
  expect(found).toHaveLength(5)
  expect(found).toEqual(expected.map((value) => expect.closeTo(value, 5)))
  expect(new Set(expected.map((value) => value.toFixed(5))).size).toBeGreaterThan(1)
  const [map] = outputMaps(net, { layers: registry })
  expect(map?.rows.stride).toBe(stride)
  const larger = tf.tidy(() => (net.predict(tf.ones([1, height + stride, width + 2 * stride, 3])) as tf.Tensor).shape)
  expect(larger).toEqual([1, 2, 3, 5])
  classifier.dispose()
  net.dispose()
})

test('every auxiliary output becomes a map', () => {
  const net = convolutionalize(googlenetClassifier({ width: 1 / 16, classes: 3, auxiliary: true }))
  expect(net.outputs.map(({ shape }) => shape)).toEqual(Array(3).fill([null, null, null, 3]))
  expect(net.getLayer('loss1/fc').getConfig()).toMatchObject({ kernel: [4, 4], filters: 64 })
  net.dispose()
})

test('layer names stay, and so do dropout, freezing and softmax', () => {
  const net = sequential({
    layers: [
      layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 3, name: 'conv', trainable: false }),
      layers.flatten({ name: 'flat' }),
      layers.dense({ units: 3, activation: 'relu', name: 'fc', trainable: false }),
      new Dropout({ rate: 0.4, name: 'drop' }),
      layers.dense({ units: 2, activation: 'softmax', name: 'scores' }),
    ],
  })
  const converted = convolutionalize(net)
  expect(converted.layers.slice(1).map(({ name }) => name)).toEqual([
    'conv',
    'fc',
    'fc_relu',
    'drop',
    'scores',
    'scores_softmax',
  ])
  expect(converted.getLayer('drop').getConfig()).toMatchObject({ rate: 0.4 })
  expect(converted.trainableWeights).toHaveLength(2)
  expect(
    converted
      .getLayer('fc')
      .getWeights()
      .map(({ shape }) => shape),
  ).toEqual([[2, 2, 2, 3], [3]])
})

test('the weights are its own, and nothing else is left behind', () => {
  const classifier = lenetClassifier({ width: 1 / 5, seed: 2 })
  const before = tf.memory().numTensors
  const net = convolutionalize(classifier)
  const weights = net.weights.length
  expect(tf.memory().numTensors - before).toBe(weights)
  const kept = net.getLayer('ip1').getWeights()[0].dataSync().slice()
  for (const weight of classifier.weights) weight.write(tf.zerosLike(weight.read()))
  classifier.dispose()
  expect(net.getLayer('ip1').getWeights()[0].dataSync()).toEqual(kept)
  net.dispose()
})

test('what cannot work per cell is refused', () => {
  const flat = (...after: layers.Layer[]) =>
    sequential({ layers: [layers.flatten({ inputShape: [2, 2, 3], name: 'flat' }), ...after] })
  const next = 'end the classifier before this layer, or put a convolution in its place'
  const rule = 'what follows a flattening must be connected, activated, dropped out or joined cell by cell'
  expect(() => convolutionalize(flat(layers.softmax({ name: 'prob' })))).toThrow(
    `prob (Softmax) compares the features of several cells: ${rule}; ${next}`,
  )
  expect(() => convolutionalize(flat(layers.batchNormalization({ name: 'bn' })))).toThrow(
    `bn (BatchNormalization) works on the flattened features of several cells: ${rule}; ${next}`,
  )
  expect(() =>
    convolutionalize(flat(layers.dense({ units: 4 }), layers.repeatVector({ n: 2, name: 'repeat' }))),
  ).toThrow(`repeat (RepeatVector) works on flat features: ${rule}; ${next}`)
  expect(() => convolutionalize(squeezenet11Classifier({ width: 1 / 32, classes: 2 }))).toThrow(
    'pool10 reads a map of ?×? cells: the window of the convolution is the map at the size the classifier was trained on; build the classifier for that size: input shape [height, width, channels] without null',
  )
})

interface Cells {
  readonly size: number | readonly [number, number]
  readonly stride: number
  readonly rows: number
  readonly columns: number
}

function checkCells(
  classifier: LayersModel,
  [height, width]: [number, number],
  { size, stride, rows, columns }: Cells,
): void {
  scatterWeights(classifier)
  const net = convolutionalize(classifier)
  const [h, w] = typeof size === 'number' ? [size, size] : size
  const channels = classifier.inputs[0].shape[3]!
  const image = noise([1, height, width, channels])
  const scores = net.predict(image) as tf.Tensor4D
  expect(scores.shape.slice(1, 3)).toEqual([rows, columns])
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const crop = tf.slice(image, [0, row * stride, column * stride, 0], [1, h, w, channels])
      const expected = Array.from((classifier.predict(crop) as tf.Tensor).dataSync())
      const found = tf.slice(scores, [0, row, column, 0], [1, 1, 1, -1]).dataSync()
      expect(Array.from(found)).toEqual(expected.map((value) => expect.closeTo(value, 5)))
    }
  }
  expect(tf.max(tf.abs(scores)).dataSync()[0]).toBeGreaterThan(1e-2)
}

/** Moving averages and all else away from 0 and 1, so that nothing left out would go unseen. */
function scatterWeights({ weights }: LayersModel): void {
  const rng = new Rng(8)
  for (const weight of weights) {
    const shape = weight.shape as number[]
    const isKernel = shape.length > 1
    const size = shape.reduce((product, length) => product * length, 1)
    const fanIn = size / shape[shape.length - 1]
    const draw = () => (isKernel ? rng.normal(0, Math.sqrt(2 / fanIn)) : rng.uniform(0.5, 1))
    weight.write(tf.tensor(Float32Array.from({ length: size }, draw), shape))
  }
}

function noise(shape: [number, number, number, number]): tf.Tensor4D {
  const rng = new Rng(4)
  const size = shape.reduce((product, length) => product * length, 1)
  return tf.tensor4d(
    Float32Array.from({ length: size }, () => rng.normal(0, 1)),
    shape,
  )
}
