// Times one import in a process of its own and prints seconds and peak memory as JSON: node import.mjs NET WEIGHTS [OUT]
import '@tensorflow/tfjs-backend-cpu'
import { importCaffeFiles } from '@pixelwise/caffe-import/node'
import { saveModel } from '@pixelwise/core/node'
import * as tf from '@tensorflow/tfjs-core'

const [, , net, weights, out] = process.argv
tf.env().set('PROD', true)
await tf.setBackend('cpu')
const startKilobytes = process.resourceUsage().maxRSS
const start = performance.now()
const { model, preprocessing } = await importCaffeFiles({ net, weights })
const seconds = (performance.now() - start) / 1000
const importedKilobytes = process.resourceUsage().maxRSS
if (out !== undefined) await saveModel(model, out, { description: { preprocessing } })
const withSaving = (performance.now() - start) / 1000
const peakKilobytes = process.resourceUsage().maxRSS
console.log(
  JSON.stringify({
    seconds,
    withSaving,
    startKilobytes,
    importedKilobytes,
    peakKilobytes,
    parameters: model.countParams(),
  }),
)
