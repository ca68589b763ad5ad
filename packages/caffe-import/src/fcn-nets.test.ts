import { CropLike } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { inputSizes, inputValues, type NetCase, slimNets } from '../test-support/net-cases.js'
import { readFixture, relativeDifference } from '../test-support/opencv-samples.js'
import { randomWeights } from '../test-support/random-weights.js'
import { writeCaffemodel } from '../test-support/write-caffemodel.js'
import { memoryBytes } from './byte-source.js'
import { importCaffe } from './import-caffe.js'
import type { WeightSource } from './weights/weight-source.js'
import { readCaffemodel } from './wire/caffemodel.js'

// Made by oracles/caffe-import/run_opencv.py with OpenCV 4.6.0; widths are a sixteenth of the published ones.
const fixture = readFixture('fcn-nets.opencv.json')

beforeAll(async () => {
  await tf.setBackend('wasm')
  await tf.ready()
})

test('there are 15 pairs of FCN nets and a deploy net', () => {
  expect(slimNets).toHaveLength(31)
  expect(new Set(slimNets.map(({ name }) => name)).size).toBe(31)
})

describe.each(slimNets.map((net) => [net.name, net] as const))('%s', (name, net) => {
  test('gives what OpenCV gives, on three sizes of images', () => {
    const { model } = importCaffe(optionsFor(net))
    const expected = fixture.nets.find((one) => one.name === name)?.runs ?? []
    expect(expected).toHaveLength(inputSizes.length)
    inputSizes.forEach((size, i) => {
      const outputs = tf.tidy(() => {
        const scores = [model.predict(inputsOf(net, size))].flat() as tf.Tensor4D[]
        return scores.map((score) => tf.transpose(score, [0, 3, 1, 2]))
      })
      for (const [j, output] of outputs.entries()) {
        expect(output.shape).toEqual(expected[i][j].shape)
        expect(relativeDifference(output, expected[i][j])).toBeLessThan(1e-4)
      }
      tf.dispose(outputs)
    })
    model.dispose()
  })

  test('crops where the published net does, also when the file does not say where', () => {
    const stated = importCaffe(optionsFor(net))
    expect(cropsOf(stated.model)).toEqual(net.crops)
    stated.model.dispose()
    const legacy = { ...optionsFor(net), text: '', net: net.text.replaceAll(/ crop_param \{[^}]*\}/g, '') }
    expect(legacy.net).not.toContain('crop_param')
    const inferred = importCaffe(legacy)
    expect(cropsOf(inferred.model)).toEqual(net.crops)
    inferred.model.dispose()
  })
})

const weightsOfFolder = new Map<string, WeightSource>()

/** The train and val files of a net share their weights. */
function optionsFor(net: NetCase) {
  const [folder] = net.name.split('/')
  const weights =
    weightsOfFolder.get(folder) ?? readCaffemodel(memoryBytes(writeCaffemodel(randomWeights({ net: net.deploy }))))
  weightsOfFolder.clear()
  weightsOfFolder.set(folder, weights)
  const inputs = Object.fromEntries(net.inputs.map(([name, channels]) => [name, [channels] as const]))
  return { net: net.text, name: net.name, weights, inputs }
}

function inputsOf(net: NetCase, size: readonly [number, number]): tf.Tensor[] {
  return net.inputs.map(([name, channels]) =>
    tf.transpose(tf.tensor4d(inputValues(name, channels, size), [1, channels, ...size]), [0, 2, 3, 1]),
  )
}

function cropsOf({ layers }: LayersModel): Record<string, number> {
  const crops = layers.filter((layer) => layer instanceof CropLike)
  return Object.fromEntries(
    crops.map(({ name, config }) => {
      expect(config.offset[0]).toBe(config.offset[1])
      return [name, config.offset[0]]
    }),
  )
}
