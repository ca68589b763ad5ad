import '@tensorflow/tfjs-backend-cpu'
import { EagerEngine, type PreparedModel } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { compiledEngine } from './compiled-engine.js'

beforeAll(() => tf.setBackend('cpu'))

const net = (filters: number) =>
  withRandomWeights(
    tfl.sequential({
      layers: [
        tfl.layers.conv2d({ inputShape: [null, null, 3], filters, kernelSize: 3, padding: 'same' }),
        tfl.layers.conv2d({ filters, kernelSize: 3, padding: 'same' }),
        tfl.layers.conv2d({ filters: 2, kernelSize: 1 }),
      ],
    }),
  )

async function turnsDuring(prepared: PreparedModel, image: tf.Tensor): Promise<number> {
  let turns = 0
  const turn = () => {
    turns++
    pending = setImmediate(turn)
  }
  let pending = setImmediate(turn)
  tf.dispose(await prepared.run([image]))
  clearImmediate(pending)
  return turns
}

describe('in a thread of its own', () => {
  test('it computes the same, while the event loop turns', async () => {
    const model = net(8)
    const engine = await compiledEngine({ worker: true, fallback: 'error' })
    const prepared = await engine.prepare(model)
    const small = seededTensor([1, 8, 9, 3], 'image')
    const [[actual], [expected]] = [
      await prepared.run([small]),
      await (await new EagerEngine().prepare(model)).run([small]),
    ]
    expect(relativeDifference(actual, expected)).toBeLessThan(1e-5)

    // In this thread a run lets the event loop turn once or twice. Beside it, it turns for as long as the run takes; on a
    // busy machine a run may be over before this thread has its turn, but not every time.
    const turns: number[] = []
    while (turns.length < 50 && !turns.some((count) => count > 10)) turns.push(await turnsDuring(prepared, small))
    expect(Math.max(...turns)).toBeGreaterThan(10)
    prepared.dispose()
  })

  test('nets that are prepared at the same time keep their own sessions', async () => {
    const engine = await compiledEngine({ worker: true, fallback: 'error' })
    const image = seededTensor([1, 6, 7, 3], 'image')
    const models = [4, 5, 6].map(net)
    const found = await Promise.all(models.map(async (model) => (await engine.prepare(model)).run([image])))
    for (const [i, [scores]] of found.entries()) {
      expect(relativeDifference(scores, models[i].predict(image) as tf.Tensor)).toBeLessThan(1e-5)
    }
  })

  test('what ONNX Runtime says reaches the caller', async () => {
    const engine = await compiledEngine({ worker: true, fallback: 'error', executionProviders: ['nonsense'] })
    await expect((await engine.prepare(net(2))).run([tf.ones([1, 4, 4, 3])])).rejects.toThrow('nonsense')
  })
})

test('a provider that is missing is named, with what to do', async () => {
  const engine = await compiledEngine({ fallback: 'error', executionProviders: ['tensorrt'] })
  await expect((await engine.prepare(net(2))).run([tf.ones([1, 4, 4, 3])])).rejects.toThrow(
    /^ONNX Runtime cannot compute on tensorrt \(.+\): the provider must be part of this build of ONNX Runtime and find its device; ask for the provider "cpu", or install what the provider needs$/,
  )
})
