import '@tensorflow/tfjs-backend-cpu'
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { model } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { uniform, uniformFilter } from '../test-support/oracle-weights.js'
import { alexnet, caffenet } from './alexnet.js'
import { googlenet } from './googlenet.js'

// What OpenCV makes of the published prototxts, at full width: oracles/backbones/caffe_outputs.py.
const { nets } = JSON.parse(readFileSync(new URL('fixtures/caffe.json', import.meta.url), 'utf8')) as {
  nets: {
    name: 'alexnet' | 'caffenet' | 'googlenet'
    size: [number, number]
    last: string
    layers: string[]
    shape: number[]
    largest: number
    places: number[]
    values: number[]
  }[]
}

beforeAll(async () => {
  await tf.setBackend('cpu')
})

test.each(nets)(
  '$name gives the outputs of the published net, its weights matched by name',
  ({ name, ...expected }) => {
    const backbone = { alexnet, caffenet, googlenet }[name]()
    const net = model({ inputs: backbone.model.inputs, outputs: backbone.model.getLayer(expected.last).output })
    for (const [i, layerName] of expected.layers.entries()) {
      const layer = net.getLayer(layerName)
      const [kernel, bias] = layer.getWeights()
      const biases = Float32Array.from(uniform(2 * i + 1, bias.size), (u) => 0.1 * u)
      layer.setWeights([uniformFilter(kernel.shape, 2 * i), tf.tensor1d(biases)])
    }
    expect(net.weights).toHaveLength(2 * expected.layers.length)
    const [height, width] = expected.size
    const pixels = Float32Array.from(uniform(9999, 3 * height * width), (u) => 100 * u)
    const output = tf.tidy(() => {
      const image = tf.transpose(tf.tensor4d(pixels, [1, 3, height, width]), [0, 2, 3, 1])
      return tf.transpose(net.predict(image) as tf.Tensor4D, [0, 3, 1, 2])
    })
    expect(output.shape).toEqual(expected.shape)
    const found = output.dataSync()
    for (const [i, place] of expected.places.entries()) {
      expect(Math.abs(found[place] - expected.values[i]) / expected.largest).toBeLessThan(1e-5)
    }
    backbone.model.dispose()
  },
)
