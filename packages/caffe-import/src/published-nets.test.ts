import { readFileSync } from 'node:fs'
import { coreLayers, LayerRegistry, memoryStore, readModel, writeModel } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { readFixture, relativeDifference } from '../test-support/opencv-samples.js'
import { type PublishedCase, publishedCases } from '../test-support/published-nets.js'
import { randomWeights } from '../test-support/random-weights.js'
import { writeCaffemodel } from '../test-support/write-caffemodel.js'
import { memoryBytes } from './byte-source.js'
import { importCaffe } from './import-caffe.js'
import { caffeLayers } from './layers/caffe-layers.js'
import { readCaffemodel } from './wire/caffemodel.js'

// Made by oracles/caffe-import/run_opencv.py with OpenCV 4.6.0.
const fixture = readFixture('published-nets.opencv.json')

// The nets and SqueezeNet's weights lie in the shared data folder; without it there is nothing to test.
const cases = publishedCases()

beforeAll(async () => {
  await tf.setBackend('wasm')
  await tf.ready()
})

describe.skipIf(cases.length === 0)('published nets give what OpenCV gives', () => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const { model } = imported(one)
    const runs = fixture.nets.find((net) => net.name === name)?.runs ?? []
    expect(runs).toHaveLength(one.sizes.length)
    for (const [i, expected] of runs.entries()) {
      const outputs = await predict(model, one, i)
      for (const [j, output] of outputs.entries()) {
        expect(relativeDifference(output, expected[j])).toBeLessThan(1e-4)
        expect(largestFive(output)).toEqual(expected[j].top)
      }
      tf.dispose(outputs)
    }
    model.dispose()
  })

  test('saved and loaded, GoogLeNet computes the same', async () => {
    const one = cases.find(({ name }) => name.startsWith('bvlc_googlenet')) ?? cases[0]
    const { model, preprocessing } = imported(one)
    const store = memoryStore()
    await writeModel(model, store, { description: { preprocessing: preprocessing! } })
    const loaded = await readModel(store, { layers: new LayerRegistry(coreLayers, caffeLayers) })
    const [before, after] = [await predict(model, one, 0), await predict(loaded.model, one, 0)]
    expect(after.map((output) => output.dataSync())).toEqual(before.map((output) => output.dataSync()))
    tf.dispose([before, after])
    model.dispose()
    loaded.model.dispose()
  })
})

function imported(one: PublishedCase) {
  const { name, net, outputs } = one
  const bytes = one.weights === undefined ? writeCaffemodel(randomWeights({ net })) : readFileSync(one.weights)
  return importCaffe({ net, name, outputs, weights: readCaffemodel(memoryBytes(bytes)) })
}

async function predict(model: LayersModel, one: PublishedCase, run: number): Promise<tf.Tensor[]> {
  const values = await one.values(run)
  return tf.tidy(() => {
    const input = tf.transpose(tf.tensor4d(values, [1, 3, ...one.sizes[run]]), [0, 2, 3, 1])
    return ([model.predict(input)].flat() as tf.Tensor4D[]).map((output) => tf.transpose(output, [0, 3, 1, 2]))
  })
}

function largestFive(output: tf.Tensor): number[] {
  const values = [...output.dataSync()]
  return values
    .map((value, i) => [value, i] as const)
    .sort(([a], [b]) => b - a)
    .slice(0, 5)
    .map(([, i]) => i)
}
