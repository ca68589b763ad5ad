/** The process of one peer: starts its backend, then runs tasks as it is told, one at a time. */
import { useBackend } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { prepareTasks } from './tasks.mjs'

let tasks

const commands = {
  async start({ backend, threads, stockInputGradient, settings }) {
    const stock = stockInputGradient ? await stockKernel('Conv2DBackpropInput') : undefined
    const report = await useBackend(backend, threads === undefined ? {} : { threads })
    if (stock) {
      tf.unregisterKernel(stock.kernelName, 'wasm')
      tf.registerKernel(stock)
    }
    tasks = await prepareTasks(settings)
    return { threads: report.threads, details: report.details }
  },
  measure: ({ task }) => tasks.get(task)(),
}

async function stockKernel(name) {
  await import('@tensorflow/tfjs-backend-wasm')
  return tf.getKernel(name, 'wasm')
}

process.on('message', async ({ command, ...rest }) => {
  try {
    process.send({ result: await commands[command](rest) })
  } catch (error) {
    process.send({ error: error instanceof Error ? error.message : String(error) })
  }
})
