import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { runFromSource } from '../../test-support/run-from-source.mjs'

/** A process that starts the wasm backend, convolves on it, and reports; it must then exit by itself. */
function convolveInOwnProcess(threads: number | undefined) {
  return runFromSource(`
    import * as tf from '@tensorflow/tfjs-core'
    import { startWasm } from './src/backends/wasm/start.ts'
    import { nodeThreads } from './src/backends/wasm/node/node-threads.ts'
    import os from 'node:os'
    const cores = os.cpus().length
    const started = await startWasm({ threads: ${threads}, threadShim: nodeThreads() })
    const image = tf.ones([1, 40, 40, 8])
    const result = tf.conv2d(image, tf.ones([3, 3, 8, 8]), 1, 'valid')
    console.log(JSON.stringify({
      ...started,
      sum: (await tf.sum(result).data())[0],
      coresAsBefore: os.cpus().length === cores,
      worker: typeof globalThis.Worker,
      listeners: process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection'),
    }))
  `)
}

const sum = 38 * 38 * 8 * 9 * 8
const untouched = { coresAsBefore: true, worker: 'undefined', listeners: 0 }

test('computes on one thread, leaves the globals as they were, and exits', async () => {
  expect(await convolveInOwnProcess(1)).toEqual({ threads: 1, simd: true, sum, ...untouched })
})

test.skipIf(availableParallelism() < 2)(
  'computes on two threads, leaves the globals as they were, and exits',
  async () => {
    expect(await convolveInOwnProcess(2)).toEqual({ threads: 2, simd: true, sum, ...untouched })
  },
)

test('takes the cores of the machine when no number is given', async () => {
  expect(await convolveInOwnProcess(undefined)).toMatchObject({ threads: availableParallelism() })
})
