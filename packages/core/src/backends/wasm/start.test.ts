import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { startWasm } from './start.js'

const twoThreads = { available: 2, startWithThreads: <T>(_: number, start: () => Promise<T>) => start() }

test('says how many threads there are when asked for others', async () => {
  await expect(startWasm({ threads: 3, threadShim: twoThreads })).rejects.toThrow(
    'the wasm backend was asked for 3 threads: 1 to 2 are available here; leave threads out to use them all',
  )
  await expect(startWasm({ threads: 1.5 })).rejects.toThrow(
    'the wasm backend was asked for 1.5 threads: a whole number from 1 up is needed; leave threads out to use them all',
  )
})

test('is the current backend afterwards, also when started twice', async () => {
  const expected = { threads: 1, simd: true }
  expect(await startWasm({ threads: 1 })).toEqual(expected)
  expect(await startWasm({ threads: 1 })).toEqual(expected)
  expect(tf.getBackend()).toBe('wasm')
  expect(tf.add(1, 2).dataSync()).toEqual(Float32Array.of(3))
})
