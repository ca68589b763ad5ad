import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import {
  Convolution,
  coreLayers,
  describeModel,
  LayerRegistry,
  Rng,
  receptiveFields,
  useBackend,
} from '@pixelwise/core'
import { loadModel, saveModel } from '@pixelwise/core/node'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { BlurPooling, layers } from 'pixelwise-example-blur-pooling'

const registry = new LayerRegistry(coreLayers, layers)

function buildModel() {
  const image = tfl.input({ shape: [12, 10, 3] })
  const features = new Convolution({ name: 'features', filters: 4, kernel: 3, pad: 1 }).apply(image)
  const smaller = new BlurPooling({ name: 'smaller', stride: 2 }).apply(features)
  return tfl.model({ inputs: image, outputs: smaller })
}

function randomImage(seed) {
  const rng = new Rng(seed)
  const values = Float32Array.from({ length: 12 * 10 * 3 }, () => rng.uniform(-1, 1))
  return tf.tensor4d(values, [1, 12, 10, 3])
}

before(() => useBackend('wasm'))

describe('a layer from another package', () => {
  test('blurs with binomial weights', () => {
    const dot = tf.buffer([1, 5, 5, 1])
    dot.set(16, 0, 2, 2, 0)
    const blurred = new BlurPooling({ stride: 1 }).apply(dot.toTensor())
    assert.deepEqual(tf.slice(tf.squeeze(blurred), [1, 1], [3, 3]).arraySync(), [
      [1, 2, 1],
      [2, 4, 2],
      [1, 2, 1],
    ])
  })

  test('comes back from a model folder with the same outputs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'blur-pooling-'))
    const image = randomImage('image')
    const model = buildModel()
    const preprocessing = { inputKind: 'rgb', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] }
    await saveModel(model, join(folder, 'net'), { description: { preprocessing } })
    const { model: loaded } = await loadModel(join(folder, 'net'), { layers: registry })
    assert.deepEqual(loaded.predict(image).arraySync(), model.predict(image).arraySync())
    await rm(folder, { recursive: true })
  })

  test('tells where its cells look, as moving single pixels confirms', () => {
    const model = buildModel()
    const { rows, columns } = receptiveFields(model, { layers: registry }).get('smaller')
    assert.deepEqual(rows, { kernel: 5, stride: 2, offset: 0 })
    const image = randomImage('image')
    const plain = model.predict(image)
    for (const [row, column] of [
      [0, 0],
      [5, 4],
      [11, 9],
    ]) {
      const touched = tf.buffer(image.shape, 'float32', image.dataSync().slice())
      touched.set(100, 0, row, column, 1)
      const change = tf.squeeze(tf.max(tf.abs(tf.sub(model.predict(touched.toTensor()), plain)), 3)).arraySync()
      const sees = ({ kernel, stride, offset }, cell, pixel) =>
        Math.abs(offset + stride * cell - pixel) <= (kernel - 1) / 2
      change.forEach((line, i) => {
        line.forEach((value, j) => {
          assert.equal(value > 0, sees(rows, i, row) && sees(columns, j, column), `cell ${i}, ${j}`)
        })
      })
    }
  })

  test('stands in the description of a model beside the layers of Pixelwise', () => {
    const described = describeModel(buildModel(), { layers: registry })
    assert.deepEqual(
      described.map(({ className }) => className),
      ['InputLayer', 'Pixelwise>Convolution', 'Example>BlurPooling'],
    )
    assert.deepEqual(described[2].shape, [null, 6, 5, 4])
  })

  test('lets the gradient through to the layers below', () => {
    const model = buildModel()
    const optimizer = tf.train.sgd(0.1)
    const image = randomImage('image')
    const loss = () => tf.mean(tf.square(model.apply(image, { training: true })))
    const start = loss().dataSync()[0]
    optimizer.minimize(loss)
    assert.ok(loss().dataSync()[0] < start)
  })
})
