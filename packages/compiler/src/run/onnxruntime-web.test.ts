import '@tensorflow/tfjs-backend-cpu'
import { vggSmall } from '@pixelwise/backbones'
import { EagerEngine } from '@pixelwise/core'
import { fcn8s } from '@pixelwise/fcn'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-web'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { CompiledEngine } from './compiled-engine.js'

beforeAll(async () => {
  await tf.setBackend('cpu')
  ort.env.wasm.numThreads = 1
})

describe("on onnxruntime-web's wasm", () => {
  test('a net scores as it does eagerly, at two sizes', async () => {
    const model = withRandomWeights(fcn8s(vggSmall({ seed: 1, width: 1 / 4 }), { classes: 3 }))
    const compiled = await new CompiledEngine(ort, { fallback: 'error' }).prepare(model)
    const eager = await new EagerEngine().prepare(model)
    for (const size of [40, 51]) {
      const image = seededTensor([1, size, 33, 3], 'image')
      const [[actual], [expected]] = [await compiled.run([image]), await eager.run([image])]
      expect(relativeDifference(actual, expected)).toBeLessThan(1e-5)
    }
    compiled.dispose()
  })

  test('a training step changes the weights as an eager one does', async () => {
    const start = seededTensor([300, 300], 'weight') // large enough to be updated in place
    const results = []
    for (const engine of [new CompiledEngine(ort, { fallback: 'error' }), new EagerEngine()]) {
      const weight = tf.variable(start)
      const step = await engine.prepareStep({
        variables: [weight],
        state: [],
        loss: ([x]) => tf.mean(tf.square(tf.matMul(x, weight))),
        update: ([gradient]) => tf.tidy(() => weight.assign(tf.sub(weight, tf.mul(gradient, 0.5)))),
      })
      for (let i = 0; i < 3; i++) await step.run([seededTensor([4, 300], `batch ${i}`)])
      step.dispose()
      results.push(weight)
    }
    expect(relativeDifference(results[0], results[1])).toBeLessThan(1e-5)
  })
})
