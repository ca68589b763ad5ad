import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EagerEngine } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { compile } from '../run/compiled-model.js'
import type { OnnxRuntime } from '../run/onnx-runtime.js'
import { loadOnnxRuntime } from './load-onnx-runtime.js'
import { mappedSessions } from './mapped-sessions.js'

let runtime: OnnxRuntime
let folder: string
/** What ONNX Runtime was given to start from. */
let started: string[]
let model: tfl.LayersModel

beforeAll(async () => {
  await tf.setBackend('cpu')
  const real = await loadOnnxRuntime()
  runtime = {
    Tensor: real.Tensor,
    InferenceSession: {
      create: (source, options) => {
        started.push(`${source}`.split('/').at(-1) ?? '')
        return real.InferenceSession.create(source, options)
      },
    },
  }
  const conv = (args: object) => tfl.layers.conv2d({ filters: 192, kernelSize: 3, padding: 'same', ...args })
  model = withRandomWeights(
    tfl.sequential({ layers: [conv({ inputShape: [null, null, 3] }), conv({}), tfl.layers.reLU()] }),
  )
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pixelwise-cache-'))
  started = []
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Predicts with a session of its own; the difference to eager scores. */
async function difference(options: object = {}): Promise<number> {
  const compiled = compile(model, runtime, { sessions: mappedSessions(runtime, { folder, ...options }) })
  const image = seededTensor([1, 9, 8, 3], 'image')
  const [[actual], [expected]] = [
    await compiled.run([image]),
    await (await new EagerEngine().prepare(model)).run([image]),
  ]
  compiled.dispose()
  return relativeDifference(actual, expected)
}

const entries = () => readdirSync(folder)

test('the first session stores the optimised model, later ones start from it', async () => {
  expect(await difference()).toBeLessThan(1e-5)
  expect(started).toEqual(['source.onnx', 'model.onnx'])
  expect(entries()).toHaveLength(1)
  expect(readdirSync(join(folder, entries()[0])).sort()).toEqual(['model.onnx', 'seal.json', 'weights.bin'])
  expect(await difference()).toBeLessThan(1e-5)
  expect(started).toEqual(['source.onnx', 'model.onnx', 'model.onnx'])
})

test.each([
  ['weights that end early', (entry: string) => truncateSync(join(entry, 'weights.bin'), 1000)],
  [
    'weights of something else',
    (entry: string) =>
      writeFileSync(join(entry, 'weights.bin'), Buffer.alloc(readFileSync(join(entry, 'weights.bin')).length, 7)),
  ],
  ['a graph that is none', (entry: string) => writeFileSync(join(entry, 'model.onnx'), 'nothing')],
  ['no seal', (entry: string) => rmSync(join(entry, 'seal.json'))],
  ['a seal of another program', (entry: string) => writeFileSync(join(entry, 'seal.json'), '{"version": 2}')],
])('a folder with %s is written again', async (_what, damage) => {
  await difference()
  damage(join(folder, entries()[0]))
  expect(await difference()).toBeLessThan(1e-5)
  expect(started).toEqual(['source.onnx', 'model.onnx', 'source.onnx', 'model.onnx'])
  expect(await difference()).toBeLessThan(1e-5)
  expect(started).toHaveLength(5)
})

test('other weights are another model; the one used longest ago makes room', async () => {
  await difference()
  const [first] = entries()
  withOtherWeights()
  expect(await difference({ largest: 2 ** 21 })).toBeLessThan(1e-5)
  expect(entries()).toHaveLength(1)
  expect(entries()).not.toEqual([first])
})

function withOtherWeights(): void {
  tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.mul(weight, 1.1))))
}

test('models of less than a megabyte leave nothing behind', async () => {
  const compiled = compile(tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2] })] }), runtime, {
    sessions: mappedSessions(runtime, { folder }),
  })
  await compiled.run([tf.ones([1, 2])])
  expect(entries()).toEqual([])
  compiled.dispose()
})
