import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { caffenet, googlenet, vgg16, vggSmall } from '@pixelwise/backbones'
import { fcn, fcn8s } from '@pixelwise/fcn'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { loadOnnxRuntime } from '../node/load-onnx-runtime.js'
import { mappedSessions } from '../node/mapped-sessions.js'
import type { CompileOptions } from './compile-options.js'
import { compile } from './compiled-model.js'
import type { OnnxRuntime } from './onnx-runtime.js'

let runtime: OnnxRuntime
/** How many borders each run was handed. */
let handed: number[] = []
beforeAll(async () => {
  await tf.setBackend('cpu')
  const real = await loadOnnxRuntime()
  const create: OnnxRuntime['InferenceSession']['create'] = async (...args) => {
    const session = await real.InferenceSession.create(...args)
    return {
      run: (feeds) => {
        handed.push(Object.keys(feeds).filter((name) => name.startsWith('border_')).length)
        return session.run(feeds)
      },
      release: () => session.release(),
    }
  }
  runtime = { Tensor: real.Tensor, InferenceSession: { create } }
})

const options = { intraOpNumThreads: 1 }

/** Largest difference to the scores without reuse, over images of some sizes. */
async function difference(
  model: LayersModel,
  sizes: readonly (readonly number[])[],
  reusing: CompileOptions = options,
): Promise<number> {
  const [reused, whole] = [
    compile(model, runtime, reusing),
    compile(model, runtime, { ...options, reuseBorders: false }),
  ]
  let largest = 0
  for (const size of sizes) {
    const image = tf.tidy(() => tf.mul(seededTensor([...size, 3], `image of ${size}`), 100))
    handed = []
    const [[expected], [actual]] = [await whole.run([image]), await reused.run([image])]
    largest = Math.max(largest, relativeDifference(actual, expected))
    expect(handed[0]).toBe(0)
    tf.dispose([image, actual, expected])
  }
  reused.dispose()
  whole.dispose()
  return largest
}

/** Sizes of all kinds; the first two share what is computed for them. */
const sizes = [
  [1, 40, 52],
  [1, 56, 36],
  [2, 45, 33],
]

const padded = (net: 'vgg16' | 'googlenet', stride: number) => {
  const trunk = { vgg16, googlenet }[net]
  return withRandomWeights(fcn(trunk({ seed: 1, width: 1 / 16, pad: 100 }), { classes: 3, stride }))
}

describe('nets that pad their image', () => {
  test.each([
    ['FCN-8s VGG-16', 'vgg16', 8],
    ['FCN-32s GoogLeNet', 'googlenet', 32],
  ] as const)('%s scores the same with borders reused, at every size', async (_name, net, stride) => {
    const model = padded(net, stride)
    expect(await difference(model, sizes)).toBeLessThan(1e-6)
    expect(handed.at(-1)).toBeGreaterThan(0)
    model.dispose()
  })

  test('and so does a session for one size', async () => {
    const model = padded('vgg16', 8)
    expect(await difference(model, sizes.slice(0, 2), { ...options, freeSizes: false })).toBeLessThan(1e-6)
    expect(handed.at(-1)).toBeGreaterThan(0)
    model.dispose()
  })

  test('the borders follow a change of the weights', async () => {
    const model = padded('vgg16', 32)
    const [reused, whole] = [compile(model, runtime, options), compile(model, runtime, { reuseBorders: false })]
    const image = seededTensor([1, 33, 40, 3], 'image')
    await reused.run([image])
    tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.mul(weight, 1.1))))
    const [[actual], [expected]] = [await reused.run([image]), await whole.run([image])]
    expect(relativeDifference(actual, expected)).toBeLessThan(1e-6)
    reused.dispose()
    whole.dispose()
    model.dispose()
  })

  test('the weights are mapped from the cache as ever: one entry for all sizes', async () => {
    const model = withRandomWeights(fcn(vgg16({ seed: 1, width: 1 / 8, pad: 100 }), { classes: 3, stride: 32 }))
    const folder = mkdtempSync(join(tmpdir(), 'pixelwise-cache-'))
    const cached = { ...options, sessions: mappedSessions(runtime, { folder }) }
    for (let round = 0; round < 2; round++) {
      expect(await difference(model, sizes.slice(0, 2), cached)).toBeLessThan(1e-6)
      expect(handed.at(-1)).toBeGreaterThan(0)
    }
    expect(readdirSync(folder)).toHaveLength(1)
    rmSync(folder, { recursive: true })
    model.dispose()
  })
})

test.each([
  ['FCN-8s of a net that pads by little', () => fcn8s(vggSmall({ seed: 1, width: 1 / 4 }), { classes: 3 })],
  ['CaffeNet without padding', () => caffenet({ seed: 1, width: 1 / 16 }).model],
])('%s is left as it is', async (_name, build) => {
  const model = withRandomWeights(build())
  const compiled = compile(model, runtime, options)
  handed = []
  await compiled.run([seededTensor([1, 227, 227, 3], 'image')])
  expect(handed).toEqual([0])
  compiled.dispose()
  model.dispose()
})
