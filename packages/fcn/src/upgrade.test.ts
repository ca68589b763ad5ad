import '@tensorflow/tfjs-backend-cpu'
import { vgg16 } from '@pixelwise/backbones'
import { AveragePooling, type Backbone, Rng, windowMap } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { type FcnOptions, fcn, fcn8s, fcn16s, fcn32s } from './fcn.js'
import { upgrade } from './upgrade.js'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const classes = 3
const slim = (seed?: number) => vgg16({ width: 1 / 64, pad: 100, seed })

test.each([
  { from: 32, to: 16, upsampling: 'fixed' },
  { from: 16, to: 8, upsampling: 'fixed' },
  { from: 32, to: 16, upsampling: 'learned' },
  { from: 32, to: 8, upsampling: 'fixed' },
] as const)('from $from to $to ($upsampling), the predictions are the coarser net’s but near cell centres', (one) => {
  const { from, to, upsampling } = one
  const backbone = slim(5)
  const coarser = trained(backbone, { classes, stride: from, upsampling })
  const finer = upgrade(coarser, trained(slim(6), { classes, stride: to, upsampling }))
  const image = noise([1, 71, 63, 3]) as tf.Tensor4D
  const [before, after] = [scoresOf(coarser, image), scoresOf(finer, image)]

  // Every step of the upsampling cuts corners around its own cells' centres; from 32 to 8 there are two steps.
  const steps = from / to === 4 ? [from, from / 2] : [from]
  const near = (pixel: number) => steps.some((stride) => distanceToCentre(backbone, stride, pixel) < stride / 4)
  let [exact, differing, agreeing] = [0, 0, 0]
  for (const [y, line] of before.entries()) {
    for (const [x, scores] of line.entries()) {
      const difference = Math.max(...scores.map((score, c) => Math.abs(score - after[y][x][c])))
      if (!near(y) && !near(x)) {
        exact++
        expect(difference).toBeLessThan(1e-5)
      } else if (difference > 1e-5) differing++
      agreeing += argmax(scores) === argmax(after[y][x]) ? 1 : 0
    }
  }
  expect(exact).toBeGreaterThan(71 * 63 * (steps.length === 1 ? 0.2 : 0.05))
  expect(differing).toBeGreaterThan(0)
  // Scores of random weights are rougher than those of a trained net, and their labels agree nevertheless.
  expect(agreeing / (71 * 63)).toBeGreaterThan(0.95)
})

test('near cell centres the difference is at most an eighth of the second differences', () => {
  const coarser = trained(slim(5), { classes, stride: 32 })
  const finer = upgrade(coarser, trained(slim(6), { classes, stride: 16 }))
  const image = noise([1, 71, 63, 3]) as tf.Tensor4D
  const cells = model({ inputs: coarser.inputs, outputs: coarser.getLayer('score_fr').output })
  const bound = tf.tidy(() => {
    // Beyond the map there is nothing: interpolation fades to zero.
    const map = tf.pad(cells.predict(image) as tf.Tensor4D, [
      [0, 0],
      [2, 2],
      [2, 2],
      [0, 0],
    ])
    return (secondDifference(map, 1) + secondDifference(map, 2)) / 8
  })
  const [before, after] = [coarser, finer].map((net) => net.predict(image) as tf.Tensor4D)
  const largest = tf.max(tf.abs(tf.sub(before, after))).dataSync()[0]
  expect(largest).toBeLessThanOrEqual(bound + 1e-6)
  expect(largest).toBeGreaterThan(bound / 20)
})

test('scores that change linearly are not changed at all', () => {
  const ramp: tf.Tensor4D = tf.tidy(() => {
    const along = (axis: number) => tf.reshape(tf.range(0, 512), axis === 1 ? [1, 512, 1, 1] : [1, 1, 512, 1])
    return tf.add(along(1), tf.mul(along(2), 3))
  })
  const coarser = fcn32s(averages(), { classes: 1 })
  coarser.getLayer('score_fr').setWeights([tf.ones([1, 1, 1, 1]), tf.zeros([1])])
  const finer = upgrade(coarser, fcn8s(averages(), { classes: 1 }))
  const inner = (net: LayersModel) => tf.slice(net.predict(ramp) as tf.Tensor4D, [0, 64, 64, 0], [1, 384, 384, 1])
  const difference = tf.max(tf.abs(tf.sub(inner(coarser), inner(finer)))).dataSync()[0]
  // Values up to 2044 in float32: half a unit of the last place is 6e-5.
  expect(difference).toBeLessThan(1e-3)
  expect(
    tf.max(tf.abs(tf.sub(inner(coarser), tf.slice(ramp, [0, 64, 64, 0], [1, 384, 384, 1])))).dataSync()[0],
  ).toBeLessThan(1e-3)
})

test('new scorers are zero, whatever they were; the weights are copies', () => {
  const coarser = trained(slim(5), { classes, stride: 32 })
  const finer = upgrade(coarser, trained(slim(6), { classes, stride: 16 }))
  const sum = (net: LayersModel, name: string) =>
    net
      .getLayer(name)
      .getWeights()
      .map((weight) => tf.sum(tf.abs(weight)).dataSync()[0])
  expect(sum(finer, 'score_pool4')).toEqual([0, 0])
  expect(sum(finer, 'score_fr')).toEqual(sum(coarser, 'score_fr'))
  expect(sum(finer, 'conv1_1')).toEqual(sum(coarser, 'conv1_1'))
  coarser.dispose()
  expect(sum(finer, 'conv1_1')[0]).toBeGreaterThan(0)
  finer.dispose()
})

test('a concatenation keeps its start as a sum', () => {
  const fusion = { kind: 'concatenation' } as const
  const coarser = trained(slim(5), { classes, stride: 32 })
  const finer = upgrade(coarser, fcn16s(slim(6), { classes, fusion }))
  const plain = upgrade(coarser, fcn16s(slim(6), { classes }))
  const image = noise([1, 33, 41, 3]) as tf.Tensor4D
  const difference = tf.sub(finer.predict(image) as tf.Tensor, plain.predict(image) as tf.Tensor)
  expect(tf.max(tf.abs(difference)).dataSync()[0]).toBeLessThan(1e-6)
})

test('nets that do not extend each other are told so', () => {
  const coarser = fcn32s(slim(), { classes: 2 })
  expect(() => upgrade(fcn16s(slim(), { classes: 2 }), coarser)).toThrow(
    'fcn32s-vgg16 has no layer score_pool4, which has weights in the coarser net: a finer net has all layers of the coarser one; build both on the same backbone with the same options, the finer with a smaller stride',
  )
  expect(() => upgrade(coarser, fcn16s(slim(), { classes: 4 }))).toThrow(
    'score_fr has weights [1,1,64,2] [2] in the coarser net and [1,1,64,4] [4] in the finer: layers of one name have weights of one shape; build both nets with the same classes and options',
  )
})

/** A net whose scorers are drawn, as if it had been trained. */
function trained(backbone: Backbone, options: FcnOptions): LayersModel {
  const net = fcn(backbone, options)
  for (const layer of net.layers.filter(({ name, weights }) => name.startsWith('score') && weights.length > 0)) {
    layer.setWeights(layer.getWeights().map(({ shape }) => noise(shape)))
  }
  return net
}

/** Averages of 8, 16 and 32 pixels as a backbone: what its scores should be is known everywhere. */
function averages(): Backbone {
  const image = input({ shape: [null, null, 1] })
  const outputs = [8, 16, 32].map(
    (window) => new AveragePooling({ window, name: `average${window}` }).apply(image) as SymbolicTensor,
  )
  return {
    name: 'averages',
    model: model({
      inputs: image,
      outputs: outputs.map((x) => layers.activation({ activation: 'linear' }).apply(x) as SymbolicTensor),
    }),
    taps: [8, 16, 32].map((window) => ({
      name: `a${window}`,
      channels: 1,
      map: windowMap({ kernel: window, stride: window }),
    })),
    preprocessing: { inputKind: 'grey', channelOrder: 'rgb', mean: [0], scale: [1] },
  }
}

function distanceToCentre({ taps }: Backbone, stride: number, pixel: number): number {
  const { offset } = taps.filter(({ map }) => map.rows.stride === stride).at(-1)!.map.rows
  const phase = (((pixel - offset) % stride) + stride) % stride
  return Math.min(phase, stride - phase)
}

function secondDifference(map: tf.Tensor4D, axis: 1 | 2): number {
  const length = map.shape[axis] - 2
  const at = (start: number) => {
    const [begin, size] = [
      [0, 0, 0, 0],
      [-1, -1, -1, -1],
    ]
    begin[axis] = start
    size[axis] = length
    return tf.slice(map, begin, size)
  }
  return tf.max(tf.abs(tf.add(tf.sub(at(0), tf.mul(at(1), 2)), at(2)))).dataSync()[0]
}

function scoresOf(net: LayersModel, image: tf.Tensor4D): number[][][] {
  return tf.tidy(() => (net.predict(image) as tf.Tensor4D).arraySync()[0])
}

function argmax(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores))
}

function noise(shape: number[]): tf.Tensor {
  const rng = new Rng(shape.join())
  const size = shape.reduce((product, length) => product * length, 1)
  return tf.tensor(
    Float32Array.from({ length: size }, () => rng.normal(0, 1)),
    shape,
  )
}
