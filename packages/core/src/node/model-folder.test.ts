import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LayerRegistry } from '@pixelwise/core'
import { louder, smallDescription, smallModel, weightValues } from '@pixelwise/testing/small-model'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadModel, saveModel } from './model-folder.js'

const layers = new LayerRegistry([louder])
/** A process id that no process has: Linux gives none above 2^22. */
const deadProcess = 2 ** 22 + 1
let parent: string
let model: LayersModel

beforeEach(async () => {
  await tf.setBackend('cpu')
  parent = await mkdtemp(join(tmpdir(), 'pixelwise-model-'))
  model = smallModel()
})
afterEach(async () => {
  model.dispose()
  await rm(parent, { recursive: true })
})

const save = (folder: string, options = {}) => saveModel(model, folder, { description: smallDescription, ...options })

/** The message of a rejection, with the changing folder name taken out. */
async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: Error) => reason,
  )
  return error.message.replaceAll(parent, 'PARENT')
}

test('a saved folder loads with equal weights and description, and nothing else is left beside it', async () => {
  const folder = join(parent, 'deep', 'net')
  await save(folder, { shardBytes: 300 })
  expect(await readdir(join(parent, 'deep'))).toEqual(['net'])
  expect((await readdir(folder)).sort()).toEqual([
    'group1-shard1of3.bin',
    'group1-shard2of3.bin',
    'group1-shard3of3.bin',
    'model.json',
    'pixelwise.json',
  ])
  const loaded = await loadModel(folder, { layers })
  expect(weightValues(loaded.model)).toEqual(weightValues(model))
  expect(loaded.description).toEqual(smallDescription)
  loaded.model.dispose()
})

test('replaces an earlier model as a whole', async () => {
  const folder = join(parent, 'net')
  await save(folder, { shardBytes: 100 })
  tf.tidy(() => {
    model.weights[1].write(tf.ones([5]))
  })
  await save(folder)
  expect((await readdir(folder)).sort()).toEqual(['group1-shard1of1.bin', 'model.json', 'pixelwise.json'])
  expect(await readdir(parent)).toEqual(['net'])
  const loaded = await loadModel(folder, { layers })
  expect(weightValues(loaded.model)['conv1_1/bias']).toEqual([1, 1, 1, 1, 1])
  loaded.model.dispose()
})

test('keeps a link to a model and replaces what it points to', async () => {
  await save(join(parent, 'version-1'))
  await symlink('version-1', join(parent, 'latest'))
  await save(join(parent, 'latest'), { shardBytes: 400 })
  expect((await readdir(parent)).sort()).toEqual(['latest', 'version-1'])
  expect(await readdir(join(parent, 'version-1'))).toContain('group1-shard2of2.bin')
})

test('leaves the earlier model untouched when saving fails', async () => {
  const folder = join(parent, 'net')
  await save(folder)
  const before = weightValues(model)
  tf.tidy(() => {
    model.weights.at(-1)!.write(tf.fill([5], Number.NaN))
  })
  await expect(save(folder, { shardBytes: 100 })).rejects.toThrow('is NaN')
  expect(await readdir(parent)).toEqual(['net'])
  const loaded = await loadModel(folder, { layers })
  expect(weightValues(loaded.model)).toEqual(before)
  loaded.model.dispose()
})

test('removes what an interrupted save left, but not what a running one writes', async () => {
  const stale = `.net.partial-${deadProcess}-0a1b2c3d`
  const running = `.net.partial-${process.ppid}-0a1b2c3d`
  const otherNet = `.network.partial-${deadProcess}-0a1b2c3d`
  for (const name of [stale, running, otherNet]) await mkdir(join(parent, name))
  await save(join(parent, 'net'))
  expect((await readdir(parent)).sort()).toEqual([running, otherNet, 'net'].sort())
})

test('says where the earlier model is when a save was interrupted between its two renames', async () => {
  const folder = join(parent, 'net')
  const aside = `.net.replaced-${deadProcess}-0a1b2c3d`
  await save(folder)
  await rename(folder, join(parent, aside))
  expect(await messageOf(loadModel(folder, { layers }))).toBe(
    `cannot load a model from PARENT/net: there is no such folder: a model is a folder with model.json, pixelwise.json and weight files; an interrupted save left the earlier model in PARENT/${aside}: rename it back`,
  )
  tf.tidy(() => {
    model.weights.at(-1)!.write(tf.fill([5], Number.NaN))
  })
  await expect(save(folder)).rejects.toThrow('is NaN')
  const loaded = await loadModel(folder, { layers })
  loaded.model.dispose()
  expect(await readdir(parent)).toEqual(['net'])
})

test('refuses to replace what is not a model', async () => {
  const folder = join(parent, 'photos')
  await mkdir(folder)
  await save(folder) // an empty folder is fine
  await writeFile(join(folder, 'cat.jpg'), 'a photo')
  expect(await messageOf(save(folder))).toBe(
    'will not replace: PARENT/photos holds cat.jpg: saving replaces a whole folder, so it must be new, empty, or hold a model and nothing else; save to another folder, for example one inside this one',
  )
  expect(await readFile(join(folder, 'cat.jpg'), 'utf8')).toBe('a photo')
  await mkdir(join(parent, 'firmware'))
  await writeFile(join(parent, 'firmware', 'image.bin'), 'not weights')
  expect(await messageOf(save(join(parent, 'firmware')))).toBe(
    'will not replace: PARENT/firmware has files but no model.json: saving replaces a whole folder, so it must be new, empty, or hold a model and nothing else; save to another folder, for example one inside this one',
  )
  expect(await messageOf(save(join(folder, 'cat.jpg')))).toBe(
    'will not replace: PARENT/photos/cat.jpg is a file: saving replaces a whole folder, so it must be new, empty, or hold a model and nothing else; save to another folder, for example one inside this one',
  )
})

test('says where the system does not let it write', async () => {
  await writeFile(join(parent, 'file'), '')
  expect(await messageOf(save(join(parent, 'file', 'net')))).toMatchInlineSnapshot(
    `"cannot save a model as PARENT/file/net (ENOTDIR on scandir): the folder that holds it must be writable, with room for the weights; check the path, its permissions and the free space, or save elsewhere"`,
  )
})

test('says what is not there', async () => {
  const folder = join(parent, 'net')
  expect(await messageOf(loadModel(folder))).toBe(
    'cannot load a model from PARENT/net: there is no such folder: a model is a folder with model.json, pixelwise.json and weight files; check the path',
  )
  await save(folder)
  expect(await messageOf(loadModel(join(folder, 'model.json')))).toBe(
    'cannot load a model from PARENT/net/model.json: it is not a folder: a model is a folder with model.json, pixelwise.json and weight files; pass the folder that holds the file',
  )
  await rm(join(folder, 'group1-shard1of1.bin'))
  expect(await messageOf(loadModel(folder, { layers }))).toBe(
    'PARENT/net: cannot read group1-shard1of1.bin (no such file), for tensor "conv1_1/kernel": a model folder holds model.json, pixelwise.json and the weight files that model.json lists; check the path, or copy the whole folder again',
  )
})

test('reads weight files larger than one piece', async () => {
  const folder = join(parent, 'wide')
  const { input, layers: stock, model: build } = await import('@tensorflow/tfjs-layers')
  const image = input({ shape: [null, null, 128] })
  const kernel = { filters: 1024, kernelSize: 3, kernelInitializer: 'randomUniform' as const }
  const net = build({ inputs: image, outputs: stock.conv2d(kernel).apply(image) as never })
  await saveModel(net, folder, { description: smallDescription, shardBytes: 4_600_000 }) // 4.7 MB of weights, pieces of 4 MiB
  const loaded = await loadModel(folder)
  const [ours, theirs] = [loaded.model, net].map((m) => m.weights[0].read().dataSync())
  expect(Buffer.from(ours.buffer).equals(Buffer.from(theirs.buffer))).toBe(true)
  for (const m of [net, loaded.model]) m.dispose()
})
