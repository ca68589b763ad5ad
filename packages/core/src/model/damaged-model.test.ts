import { LayerRegistry } from '@pixelwise/core'
import { louder, smallDescription, smallModel, weightValues } from '@pixelwise/testing/small-model'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { memoryStore } from './memory-store.js'
import { readModel } from './read-model.js'
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

/** Damages the stored model and gives the message of loading it; no tensor may stay behind. */
async function messageAfter(damage: () => void, options = {}): Promise<string> {
  damage()
  const before = tf.memory().numTensors
  try {
    await readModel(memoryStore(files), { layers, ...options })
  } catch (error) {
    expect(tf.memory().numTensors).toBe(before)
    return (error as Error).message
  }
  throw new Error('the damaged model was read without complaint')
}

function editManifest(
  edit: (weights: { name: string; shape: number[]; dtype: string }[], group: { paths: string[] }) => void,
) {
  const manifest = json('model.json')
  edit(manifest.weightsManifest[0].weights, manifest.weightsManifest[0])
  put('model.json', manifest)
}

function editShard(name: string, edit: (bytes: Uint8Array) => Uint8Array) {
  files.set(name, edit(files.get(name)!.slice()))
}

test('missing pixelwise.json', async () => {
  expect(await messageAfter(() => files.delete('pixelwise.json'))).toMatchInlineSnapshot(
    `"memory: cannot read pixelwise.json (no such file): pixelwise.json says how images must be prepared for the net; check the path, or pass { description: { preprocessing } } to load a plain tfjs layers model"`,
  )
})
test('missing model.json', async () => {
  expect(await messageAfter(() => files.delete('model.json'))).toMatchInlineSnapshot(
    `"memory: cannot read model.json (no such file): a model folder holds model.json, pixelwise.json and the weight files that model.json lists; check the path, or copy the whole folder again"`,
  )
})
test('missing weight file', async () => {
  expect(await messageAfter(() => files.delete('group1-shard2of3.bin'))).toMatchInlineSnapshot(
    `"memory: cannot read group1-shard2of3.bin (no such file), for tensor "conv1_1/kernel": a model folder holds model.json, pixelwise.json and the weight files that model.json lists; check the path, or copy the whole folder again"`,
  )
})
test('truncated JSON', async () => {
  expect(await messageAfter(() => editShard('model.json', (b) => b.subarray(0, 40)))).toMatchInlineSnapshot(
    `"memory: model.json is not a JSON object (it has 40 characters and starts with "{\\n  \\"modelTopology\\":"): the JSON files of a model are whole; copy the folder again, or save the model again"`,
  )
})
test('empty JSON', async () => {
  expect(await messageAfter(() => files.set('pixelwise.json', new Uint8Array(0)))).toMatchInlineSnapshot(
    `"memory: pixelwise.json is not a JSON object (the file is empty): the JSON files of a model are whole; copy the folder again, or save the model again"`,
  )
})
test('JSON that is no object', async () => {
  expect(await messageAfter(() => put('model.json', [1, 2]))).toMatchInlineSnapshot(
    `"memory: model.json is not a JSON object (it has 5 characters and starts with "[1,2]"): the JSON files of a model are whole; copy the folder again, or save the model again"`,
  )
})
test('newer format', async () => {
  expect(
    await messageAfter(() => put('pixelwise.json', { ...json('pixelwise.json'), version: 2 })),
  ).toMatchInlineSnapshot(
    `"memory/pixelwise.json: format "pixelwise-model" version 2: this version of @pixelwise/core reads format "pixelwise-model" version 1; update @pixelwise/core, or save the model again with this version"`,
  )
})
test('graph model', async () => {
  expect(
    await messageAfter(() => put('model.json', { ...json('model.json'), format: 'graph-model' })),
  ).toMatchInlineSnapshot(
    `"memory/model.json: format "graph-model": a model folder holds a "layers-model"; convert the original with tensorflowjs_converter --output_format tfjs_layers_model"`,
  )
})
test('bad description', async () => {
  expect(
    await messageAfter(() => put('pixelwise.json', { ...json('pixelwise.json'), palette: [[0, 0, 0]] })),
  ).toMatchInlineSnapshot(
    `"memory/pixelwise.json: palette is [[0,0,0]]: it has one colour for each of 2 classes; give [red, green, blue] for every label in order"`,
  )
})
test('no list of files', async () => {
  expect(
    await messageAfter(() => put('pixelwise.json', { ...json('pixelwise.json'), files: undefined })),
  ).toMatchInlineSnapshot(
    `"memory/pixelwise.json: files is missing: it lists name, bytes and crc32 (eight hexadecimal digits) of every weight file; restore the file, or save the model again"`,
  )
})
test('no manifest', async () => {
  expect(
    await messageAfter(() => put('model.json', { ...json('model.json'), weightsManifest: undefined })),
  ).toMatchInlineSnapshot(
    `"memory/model.json: weightsManifest is missing: it is a list of groups; save the model again with saveModel or LayersModel.save"`,
  )
})
test('weight files outside the folder', async () => {
  expect(
    await messageAfter(() =>
      editManifest((_, group) => {
        group.paths[1] = '../other/weights.bin'
      }),
    ),
  ).toMatchInlineSnapshot(
    `"memory/model.json: weightsManifest[0] names the weight file "../other/weights.bin": weight files lie in the model folder itself, under plain names; move the file into the folder and list it by name"`,
  )
})
test('unreadable dtype', async () => {
  expect(
    await messageAfter(() =>
      editManifest((weights) => {
        weights[0].dtype = 'float64'
      }),
    ),
  ).toMatchInlineSnapshot(
    `"memory/model.json: weightsManifest[0].weights[0].dtype of "conv1_1/kernel" is "float64": a weight is float32, int32 or bool; save the model again with saveModel or LayersModel.save"`,
  )
})
test('impossible shape', async () => {
  expect(
    await messageAfter(() =>
      editManifest((weights) => {
        weights[0].shape = [3, -3]
      }),
    ),
  ).toMatchInlineSnapshot(
    `"memory/model.json: weightsManifest[0].weights[0] is {"name":"conv1_1/kernel","shape":[3,-3],"dtype":"float32"}: a tensor has a name, a shape and a dtype; save the model again with saveModel or LayersModel.save"`,
  )
})
test('a tensor listed twice', async () => {
  expect(
    await messageAfter(() =>
      editManifest((weights) => {
        weights[1].name = weights[0].name
      }),
    ),
  ).toMatchInlineSnapshot(
    `"memory/model.json: weightsManifest[0].weights[1].name is "conv1_1/kernel": an earlier tensor has that name; save the model again with saveModel or LayersModel.save"`,
  )
})
test('another shape than the topology', async () => {
  expect(
    await messageAfter(() =>
      editManifest((weights) => {
        weights[0].shape = [3, 3, 5, 3]
      }),
    ),
  ).toMatchInlineSnapshot(
    `"memory/model.json: tensor "conv1_1/kernel" is stored as [3, 3, 5, 3] but the topology needs [3, 3, 3, 5]: topology and weights of a model belong together; restore model.json, or save the model again"`,
  )
})
test('another dtype than the topology', async () => {
  expect(
    await messageAfter(() =>
      editManifest((weights) => {
        weights[1].dtype = 'int32'
      }),
    ),
  ).toMatchInlineSnapshot(
    `"memory/model.json: tensor "conv1_1/bias" is stored as int32 but the topology needs float32: topology and weights of a model belong together; restore model.json, or save the model again"`,
  )
})
test('renamed tensor', async () => {
  expect(
    await messageAfter(() =>
      editManifest((weights) => {
        weights[0].name = 'conv1_2/kernel'
      }),
    ),
  ).toMatchInlineSnapshot(
    `"memory/model.json: tensor "conv1_1/kernel" [3, 3, 3, 5] is in the topology but not in the weight files: topology and weights of a model belong together; did "conv1_2/kernel" change its name? restore model.json, or save the model again"`,
  )
})
test('tensor that the topology lacks', async () => {
  expect(
    await messageAfter(() =>
      editManifest((weights) => {
        weights.push({ name: 'fc6/bias', shape: [7], dtype: 'float32' })
      }),
    ),
  ).toMatchInlineSnapshot(
    `"memory/model.json: tensor "fc6/bias" [7] is in the weight files but not in the topology: topology and weights of a model belong together; restore model.json, or save the model again"`,
  )
})
test('files of two saves', async () => {
  expect(
    await messageAfter(() => put('pixelwise.json', { ...json('pixelwise.json'), files: [] })),
  ).toMatchInlineSnapshot(
    `"memory/model.json lists the weight file group1-shard1of3.bin, which pixelwise.json does not: both files of a model come from one save; copy the whole folder again, or save the model again"`,
  )
})
test('short weight file', async () => {
  expect(await messageAfter(() => editShard('group1-shard1of3.bin', (b) => b.subarray(0, 299)))).toMatchInlineSnapshot(
    `"memory/group1-shard1of3.bin: the file has 299 bytes of 300, which ends before tensor "conv1_1/kernel" is complete: weight files hold every byte of the tensors that model.json lists; copy the file again, or save the model again"`,
  )
})
test('long weight file', async () => {
  expect(
    await messageAfter(() => editShard('group1-shard2of3.bin', (b) => Uint8Array.from([...b, 1]))),
  ).toMatchInlineSnapshot(
    `"memory/group1-shard2of3.bin: the file has 301 bytes or more while reading tensor "conv1_1/kernel": pixelwise.json says 300 bytes; copy the file again, or save the model again"`,
  )
})
test('short weight file without known size', async () => {
  expect(
    await messageAfter(() => editShard('group1-shard3of3.bin', (b) => b.subarray(0, 80)), {
      description: smallDescription,
    }),
  ).toMatchInlineSnapshot(
    `"memory/group1-shard3of3.bin: the weight files end 8 bytes before tensor "norm/moving_variance" is complete: weight files hold every byte of the tensors that model.json lists; copy the file again, or save the model again"`,
  )
})
test('long weight file without known size', async () => {
  expect(
    await messageAfter(() => editShard('group1-shard3of3.bin', (b) => Uint8Array.from([...b, 1])), {
      description: smallDescription,
    }),
  ).toMatchInlineSnapshot(
    `"memory/group1-shard3of3.bin: bytes follow though "norm/moving_variance" is the last tensor: weight files hold exactly the tensors that model.json lists; restore model.json and its weight files together, or save the model again"`,
  )
})
test('flipped bit', async () => {
  expect(
    await messageAfter(() =>
      editShard('group1-shard1of3.bin', (b) => {
        b[100] ^= 1
        return b
      }),
    ),
  ).toMatchInlineSnapshot(
    `"memory/group1-shard1of3.bin: CRC-32 e3d92655 while reading tensor "conv1_1/kernel": pixelwise.json says dfbc4ab8: the file has changed since it was saved; copy the file again, or save the model again"`,
  )
})
test('NaN', async () => {
  expect(
    await messageAfter(
      () =>
        editShard('group1-shard1of3.bin', (b) => {
          new Float32Array(b.buffer)[7] = Number.NaN
          return b
        }),
      { description: smallDescription },
    ),
  ).toMatchInlineSnapshot(
    `"memory/group1-shard1of3.bin to group1-shard2of3.bin: value 7 of tensor "conv1_1/kernel" is NaN: weights are finite numbers; the training that wrote this model diverged, or the file is damaged: use an earlier one"`,
  )
})
test('broken topology', async () => {
  expect(
    await messageAfter(() => {
      const manifest = json('model.json')
      manifest.modelTopology.config.layers[1].config.filters = -1
      put('model.json', manifest)
    }),
  ).toMatchInlineSnapshot(
    `"memory/model.json: no model can be built from modelTopology (Convolution layer expected config.filters to be a 'number' > 0 but got -1): model.json is in the tfjs layers format; restore the file, or save the model again with saveModel or LayersModel.save"`,
  )
})
test('missing topology', async () => {
  expect(
    await messageAfter(() => put('model.json', { ...json('model.json'), modelTopology: undefined })),
  ).toMatchInlineSnapshot(
    `"memory/model.json: no model can be built from modelTopology (modelTopology is missing): model.json is in the tfjs layers format; restore the file, or save the model again with saveModel or LayersModel.save"`,
  )
})
const rename = (className: string) => () => {
  const manifest = json('model.json')
  manifest.modelTopology.config.layers[3].class_name = className
  put('model.json', manifest)
}
test('mistyped stock layer', async () => {
  expect(await messageAfter(rename('Conv2d'))).toMatchInlineSnapshot(
    `"memory/model.json: unknown layer class "Conv2d": it is neither a layer of tfjs nor in the option layers; did you mean "Conv2D"? pass { layers: new LayerRegistry(coreLayers, …) } with the plugin list of the package that made it"`,
  )
})
test('layer of a package of ours that was not passed', async () => {
  expect(await messageAfter(rename('Pixelwise>CropLike'))).toMatchInlineSnapshot(
    `"memory/model.json: unknown layer class "Pixelwise>CropLike": layers that are not of tfjs are known through the option layers, which has Testing>Louder; pass { layers: new LayerRegistry(coreLayers, …) } with the list of the package that has it: coreLayers of @pixelwise/core, fcnLayers of @pixelwise/fcn, pairwiseLayers of @pixelwise/pairwise-regions"`,
  )
})
test('layer of another publisher', async () => {
  expect(await messageAfter(rename('Testing>Loudest'))).toMatchInlineSnapshot(
    `"memory/model.json: unknown layer class "Testing>Loudest": layers that are not of tfjs are known through the option layers, which has Testing>Louder; did you mean "Testing>Louder"? pass { layers: new LayerRegistry(coreLayers, …) } with the plugin list of the package of Testing"`,
  )
})
test('layers that were not passed at all', async () => {
  await expect(readModel(memoryStore(files))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: memory/model.json: unknown layer class "Testing>Louder": layers that are not of tfjs are known through the option layers, which has none; pass { layers: new LayerRegistry(coreLayers, …) } with the plugin list of the package of Testing]`,
  )
})
test('a list of layers in place of the registry', async () => {
  await expect(readModel(memoryStore(files), { layers: [] as never })).rejects.toThrow(
    'the option layers is a list: it is a LayerRegistry, which knows the classes of layers by name; pass { layers: new LayerRegistry(coreLayers, …) }',
  )
})
test('unknown layer inside a nested model', async () => {
  const inner = smallModel()
  const input = tfl.input({ shape: [null, null, 3] })
  const outer = tfl.model({ inputs: input, outputs: inner.apply(input) as tfl.SymbolicTensor })
  const store = memoryStore()
  await writeModel(outer, store, { description: smallDescription })
  await expect(readModel(store)).rejects.toThrow('memory/model.json: unknown layer class "Testing>Louder"')
  const loaded = await readModel(store, { layers })
  expect(weightValues(loaded.model)).toEqual(weightValues(outer))
  loaded.model.dispose()
  outer.dispose()
})
