import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { smallDescription } from '@pixelwise/testing/small-model'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { crc32 } from '../model/crc32.js'
import { loadModel, saveModel } from './model-folder.js'

/**
 * Takes half a minute, 2.4 GB of disk and 4 GB of memory, so only on demand:
 * `PIXELWISE_LARGE=1 npx vitest run packages/core/src/node/large-model.test.ts`
 */
test.runIf(process.env.PIXELWISE_LARGE === '1')('saves and loads 2.4 GB of weights', { timeout: 600_000 }, async () => {
  await tf.setBackend('cpu')
  const folder = join(await mkdtemp(join(tmpdir(), 'pixelwise-large-')), 'net')
  const input = tfl.input({ shape: [15_000] })
  const dense = { units: 20_000, useBias: false, kernelInitializer: 'zeros' as const }
  const outputs = ['left', 'right'].map((name) => tfl.layers.dense({ ...dense, name }).apply(input))
  const model = tfl.model({ inputs: input, outputs: outputs as tfl.SymbolicTensor[] })
  const checksums = model.weights.map((weight, w) => {
    const values = new Float32Array(15_000 * 20_000)
    for (let i = 0; i < values.length; i++) values[i] = (Math.imul(i + w, 0x9e3779b1) >> 8) / 2 ** 23
    const value = tf.tensor(values, [15_000, 20_000])
    weight.write(value)
    value.dispose()
    return crc32(new Uint8Array(values.buffer))
  })
  const started = performance.now()
  await saveModel(model, folder, { description: smallDescription })
  const saved = performance.now()
  model.dispose()
  const shards = (await readdir(folder)).filter((name) => name.endsWith('.bin'))
  expect(shards).toHaveLength(Math.ceil((2 * 15_000 * 20_000 * 4) / (64 * 2 ** 20)))
  const reading = performance.now()
  const { model: loaded } = await loadModel(folder)
  console.log(`saved in ${Math.round(saved - started)} ms, loaded in ${Math.round(performance.now() - reading)} ms`)
  console.log(`peak resident memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`)
  const found = loaded.weights.map((weight) => {
    const values = weight.read().dataSync()
    return crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  })
  expect(found).toEqual(checksums)
  loaded.dispose()
  await rm(join(folder, '..'), { recursive: true })
})
