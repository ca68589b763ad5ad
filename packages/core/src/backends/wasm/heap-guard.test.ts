import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { HeapGuard } from './heap-guard.js'
import { startWasm } from './start.js'

let backend: BackendWasm
let guard: HeapGuard

beforeAll(async () => {
  await startWasm({ threads: 1 })
  backend = tf.backend() as BackendWasm
  guard = HeapGuard.of(backend)
})

const limit = 2 ** 23

beforeEach(() => {
  guard.limit = limit
})

afterEach(() => {
  guard.limit = 2 ** 32 - 2 ** 26
})

test('a tensor that does not fit is refused, and the ones that are there stay whole', () => {
  const kept = tf.fill([256, 1024], 7)
  expect(() => tf.fill([8, 256, 1024], 1)).toThrow(
    'a float32 tensor of shape [8, 256, 1024] needs 8.0 MiB on the wasm backend: ' +
      '7.0 MiB of its 8.0 MiB are free in one piece; ' +
      'dispose tensors, use a smaller batch, cut the image into tiles, or use another backend',
  )
  expect(kept.dataSync().every((value) => value === 7)).toBe(true)
  kept.dispose()
  tf.fill([8, 256, 1024], 1).dispose()
})

test('memory given back counts as free', () => {
  for (let i = 0; i < 10; i++) tf.fill([1024, 1024], i).dispose()
})

test('a failing kernel leaves no tensor behind', () => {
  const image = tf.fill([1, 64, 64, 8], 1)
  const before = { tensors: tf.memory().numTensors, data: backend.numDataIds() }
  expect(() => tf.tidy(() => tf.tile(image, [64, 1, 1, 1]))).toThrow('needs 8.0 MiB')
  expect({ tensors: tf.memory().numTensors, data: backend.numDataIds() }).toEqual(before)
  image.dispose()
})

test('a convolution whose address table cannot fit is refused before it starts', () => {
  guard.limit = 2 ** 32 - 2 ** 26
  const image = tf.zeros<tf.Rank.R4>([1, 600, 600, 1])
  const filter = tf.zeros<tf.Rank.R4>([64, 64, 1, 1])
  expect(() => tf.conv2d(image, filter, 1, 'same')).toThrow(
    /^the scratch memory of Conv2D needs 5625\.1 MiB on the wasm backend: [\d.]+ MiB of its 4032\.0 MiB are free in one piece; dispose tensors, use a smaller batch, cut the image into tiles, or use another backend$/,
  )
  tf.dispose([image, filter])
})

test('the real heap runs out cleanly', () => {
  guard.limit = 2 ** 32 - 2 ** 26
  // Unwritten memory costs addresses only.
  const large = Array.from({ length: 4 }, () => backend.makeOutput([2 ** 18, 900], 'float32'))
  expect(() => backend.makeOutput([2 ** 18, 900], 'float32')).toThrow('needs 900.0 MiB on the wasm backend')
  expect(() => backend.makeOutput([2 ** 18, 4100], 'float32')).toThrow('needs 4100.0 MiB on the wasm backend')
  for (const { dataId } of large) backend.disposeData(dataId)
  const fits = backend.makeOutput([2 ** 18, 900], 'float32')
  backend.disposeData(fits.dataId)
})
