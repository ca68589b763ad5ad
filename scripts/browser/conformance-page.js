import {
  Convolution,
  coreLayers,
  LayerRegistry,
  memoryStore,
  readModel,
  urlSource,
  useBackend,
  writeModel,
} from '@pixelwise/core'
import { runOpConformance } from '@pixelwise/testing/op-conformance'
import * as tf from '@tensorflow/tfjs-core'
import { input, model } from '@tensorflow/tfjs-layers'

const backend = location.search.slice(1)
const version = /Chrome\/\d+/.exec(navigator.userAgent)?.[0].replace('/', ' ') ?? 'browser'
const run = { where: `${version}, ${backend}`, details: {}, results: [] }
try {
  const { details, threads } = await useBackend(backend, { wasmPath: '/' })
  run.details = threads === undefined ? details : { threads, ...details }
  run.results = [...(await runOpConformance(backend)), await modelFolder()]
} catch (error) {
  run.results = [{ case: 'start: useBackend', ok: false, maxError: Number.MAX_VALUE, problem: String(error) }]
}
await fetch('/done', { method: 'POST', body: JSON.stringify(run) })

/** A model is written, its files are sent to the server, fetched from there and answer as the model did. */
async function modelFolder() {
  const name = 'modelFolder: written, served and fetched'
  try {
    const image = input({ shape: [null, null, 3] })
    const original = model({ inputs: image, outputs: new Convolution({ filters: 2, kernel: 3, seed: 4 }).apply(image) })
    const store = memoryStore()
    const preprocessing = { inputKind: 'rgb', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] }
    await writeModel(original, store, { description: { preprocessing } })
    for (const [file, bytes] of store.files) await fetch(`/model/${file}`, { method: 'PUT', body: bytes })
    const fetched = await readModel(urlSource('/model', fetch.bind(window)), { layers: new LayerRegistry(coreLayers) })
    const picture = tf.randomUniform([1, 9, 8, 3])
    const [before, after] = await Promise.all([original, fetched.model].map((net) => net.predict(picture).data()))
    const maxError = Math.max(...before.map((value, i) => Math.abs(value - after[i])))
    return { case: name, ok: maxError === 0, maxError, problem: `differs by ${maxError}` }
  } catch (error) {
    return { case: name, ok: false, maxError: Number.MAX_VALUE, problem: String(error) }
  }
}
