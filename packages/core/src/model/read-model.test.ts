import { LayerRegistry } from '@pixelwise/core'
import { louder, smallDescription, smallModel, weightValues } from '@pixelwise/testing/small-model'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { memoryStore } from './memory-store.js'
import { readModel } from './read-model.js'
import { urlSource } from './url-source.js'
import { writeModel } from './write-model.js'

const layers = new LayerRegistry([louder])
let model: tfl.LayersModel
/** The files of the model in shards of 300 bytes; its weights have 688. */
let files: Map<string, Uint8Array>

beforeAll(async () => {
  await tf.setBackend('cpu')
  model = smallModel()
})
afterAll(() => {
  model.dispose()
})
beforeEach(async () => {
  const store = memoryStore()
  await writeModel(model, store, { description: smallDescription, shardBytes: 300 })
  files = store.files
})

const json = (name: string) => JSON.parse(tf.util.decodeString(files.get(name)!, 'utf-8'))
const put = (name: string, value: unknown) => files.set(name, tf.util.encodeString(JSON.stringify(value), 'utf-8'))
const read = (options = {}) => readModel(memoryStore(files), { layers, ...options })

test('gives back the same weights, description and outputs, at any size, and keeps no tensor', async () => {
  const before = tf.memory().numTensors
  const fractions: number[] = []
  const loaded = await read({ onProgress: (fraction: number) => fractions.push(fraction) })
  expect(loaded.description).toEqual(smallDescription)
  expect(weightValues(loaded.model)).toEqual(weightValues(model))
  for (const size of [5, 8]) {
    const image = tf.randomUniform([2, size, size + 1, 3])
    const [ours, theirs] = [loaded.model.predict(image) as tf.Tensor, model.predict(image) as tf.Tensor]
    expect(await ours.array()).toEqual(await theirs.array())
    tf.dispose([image, ours, theirs])
  }
  expect(fractions).toHaveLength(model.weights.length)
  expect(fractions.at(-1)).toBe(1)
  loaded.model.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('draws no random initial weights that are overwritten anyway', async () => {
  const drawn: string[] = []
  const { classNameMap } = tf.serialization.SerializationMap.getMap()
  const initializer = classNameMap['VarianceScaling'][0].prototype as { apply(...args: unknown[]): tf.Tensor }
  const original = initializer.apply
  initializer.apply = function (...args) {
    drawn.push(String(args[0]))
    return original.apply(this, args)
  }
  try {
    const { model: loaded } = await read()
    loaded.dispose()
  } finally {
    initializer.apply = original
  }
  expect(drawn).toEqual([])
})

test('is read by plain tf.loadLayersModel', async () => {
  const respond = async (url: string) => new Response(files.get(url.slice('http://host/net/'.length)) as BodyInit)
  const loaded = await tfl.loadLayersModel(
    tf.io.http('http://host/net/model.json', { fetchFunc: respond as typeof fetch }),
  )
  expect(weightValues(loaded)).toEqual(weightValues(model))
  loaded.dispose()
})

test('reads what plain LayersModel.save wrote, given a description, also quantised to half precision', async () => {
  const values = Float32Array.from([1.5, -2, 0.25, 8])
  const single = tfl.sequential({
    layers: [tfl.layers.dense({ units: 2, inputShape: [2], useBias: false, name: 'fc' })],
  })
  const halves = Uint16Array.from([0x3e00, 0xc000, 0x3400, 0x4800]) // IEEE 754 binary16 of the values
  const entry = { name: 'fc/kernel', shape: [2, 2], dtype: 'float32' }
  for (const [data, extra] of [
    [values, {}],
    [halves, { quantization: { dtype: 'float16' } }],
  ] as const) {
    const plain = memoryStore()
    await plain.write('weights.bin', new Uint8Array(data.buffer))
    const modelJson = {
      modelTopology: single.toJSON(null, false),
      weightsManifest: [{ paths: ['weights.bin'], weights: [{ ...entry, ...extra }] }],
    }
    await plain.write('model.json', tf.util.encodeString(JSON.stringify(modelJson)))
    const { model: loaded, description } = await readModel(plain, { description: smallDescription })
    expect(weightValues(loaded)).toEqual({ 'fc/kernel': [...values] })
    expect(description).toEqual(smallDescription)
    loaded.dispose()
  }
  single.dispose()
})

test('skips the optimizer weights that tfjs may have stored', async () => {
  const manifest = json('model.json')
  manifest.weightsManifest[0].weights.push({ name: 'momentum', shape: [3], dtype: 'float32', group: 'optimizer' })
  manifest.weightsManifest[0].paths.push('optimizer.bin')
  put('model.json', manifest)
  files.set('optimizer.bin', new Uint8Array(12))
  const loaded = await read({ description: smallDescription })
  expect(weightValues(loaded.model)).toEqual(weightValues(model))
  loaded.model.dispose()
})

test('a model without weights is stored too', async () => {
  const empty = tfl.sequential({ layers: [tfl.layers.maxPooling2d({ poolSize: 2, inputShape: [null, null, 1] })] })
  const store = memoryStore()
  await writeModel(empty, store, { description: smallDescription })
  const loaded = await readModel(store)
  expect(loaded.model.layers.map(({ name }) => name)).toEqual(empty.layers.map(({ name }) => name))
})

test('reads over the web with any fetch', async () => {
  const asked: string[] = []
  const server = async (url: string) => {
    asked.push(url)
    const bytes = files.get(url.replace('https://host/net/', '').replace('?v=2', ''))
    return bytes ? new Response(bytes as BodyInit) : new Response('', { status: 404 })
  }
  const loaded = await readModel(urlSource('https://host/net/model.json?v=2', server), { layers })
  expect(weightValues(loaded.model)).toEqual(weightValues(model))
  expect(asked[0]).toBe('https://host/net/pixelwise.json?v=2')
  loaded.model.dispose()
  const withoutStreams = async (url: string) => {
    const response = await server(url)
    return { ok: response.ok, status: response.status, arrayBuffer: () => response.arrayBuffer() }
  }
  const again = await readModel(urlSource('https://host/net?v=2', withoutStreams), { layers })
  expect(weightValues(again.model)).toEqual(weightValues(model))
  again.model.dispose()
  files.delete('group1-shard2of3.bin')
  await expect(readModel(urlSource('https://host/net/', server), { layers })).rejects.toThrow(
    'https://host/net: cannot read group1-shard2of3.bin (HTTP status 404), for tensor "conv1_1/kernel": a model folder holds model.json, pixelwise.json and the weight files that model.json lists; check the path, or copy the whole folder again',
  )
})
