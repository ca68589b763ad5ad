import { smallDescription, smallModel } from '@pixelwise/testing/small-model'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { memoryStore } from './memory-store.js'
import { type WriteModelOptions, writeModel } from './write-model.js'

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

test('cuts weights into files of bounded size, named as tfjs names them', () => {
  expect([...files].map(([name, bytes]) => [name, bytes.length])).toEqual([
    ['group1-shard1of3.bin', 300],
    ['group1-shard2of3.bin', 300],
    ['group1-shard3of3.bin', 88],
    ['model.json', expect.any(Number)],
    ['pixelwise.json', expect.any(Number)],
  ])
})

test('writes the weight bytes and the topology that tfjs itself writes', async () => {
  let artifacts: tf.io.ModelArtifacts = {}
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) }
    }),
  )
  const ours = ['group1-shard1of3.bin', 'group1-shard2of3.bin', 'group1-shard3of3.bin'].flatMap((name) => [
    ...files.get(name)!,
  ])
  expect(ours).toEqual([...new Uint8Array(artifacts.weightData as ArrayBuffer)])
  expect(json('model.json').weightsManifest[0].weights).toEqual(artifacts.weightSpecs)
  expect(json('model.json').modelTopology).toEqual(artifacts.modelTopology)
})

describe('refuses to write', () => {
  const write = (options = {}) => writeModel(model, memoryStore(), { description: smallDescription, ...options })

  test('shards of no size', async () => {
    await expect(write({ shardBytes: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: shardBytes is 0: a weight file has 1 to 1073741824 bytes (1 GiB); leave it out for 64 MiB]`,
    )
  })
  test('a description that could not be read back', async () => {
    await expect(
      write({ description: { preprocessing: { ...smallDescription.preprocessing, scale: [] } } }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: the option description: preprocessing.scale is []: rgb input has 3 channels, each with one finite number; give one number per channel, in channelOrder]`,
    )
  })
  test('a net that diverged', async () => {
    const diverged = smallModel()
    const [kernel] = diverged.weights
    tf.tidy(() => {
      kernel.write(tf.fill(kernel.shape as number[], Number.POSITIVE_INFINITY))
    })
    await expect(
      writeModel(diverged, memoryStore(), { description: smallDescription }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: value 0 of weight "conv1_1/kernel" is Infinity: weights are finite numbers; training has diverged: lower the learning rate and start from an earlier model]`,
    )
    diverged.dispose()
  })
  test('two weights of one name', async () => {
    const [one, two] = [0, 1].map(() =>
      tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2], name: 'fc' })] }),
    )
    const input = tfl.input({ shape: [2] })
    const sum = tfl.layers.add().apply([one, two].map((part) => part.apply(input) as tfl.SymbolicTensor))
    const both = tfl.model({ name: 'both', inputs: input, outputs: sum as tfl.SymbolicTensor })
    await expect(
      writeModel(both, memoryStore(), { description: smallDescription }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: model both has two weights named "fc/kernel": tfjs finds weights by name, so each needs its own; give the layers of nested models different names]`,
    )
    both.dispose()
  })
})

test.each([undefined, null, {}])('without a description (options %j) says what it holds', async (options) => {
  // As from a program without types.
  await expect(writeModel(model, memoryStore(), options as unknown as WriteModelOptions)).rejects.toThrow(
    'the option description: preprocessing is missing: it is an object {inputKind, channelOrder, mean, scale}; see the type Preprocessing',
  )
})
