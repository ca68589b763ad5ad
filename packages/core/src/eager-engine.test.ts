import '@tensorflow/tfjs-backend-cpu'
import { Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { input, layers, model, sequential } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { EagerEngine } from './eager-engine.js'
import { Dropout } from './layers/dropout.js'
import { seededMasks } from './randomness.js'

const engine = new EagerEngine()

beforeAll(() => tf.setBackend('cpu'))

describe('prediction', () => {
  test('equals predict and frees everything but the outputs', async () => {
    const net = sequential({ layers: [layers.conv2d({ inputShape: [null, null, 2], filters: 3, kernelSize: 3 })] })
    const image = tf.randomNormal<tf.Rank.R4>([1, 5, 6, 2], 0, 1, 'float32', 3)
    const expected = net.predict(image) as tf.Tensor
    const prepared = await engine.prepare(net)
    const before = tf.memory().numTensors
    const [scores] = await prepared.run([image])
    expect(tf.memory().numTensors).toBe(before + 1)
    expect(await scores.array()).toEqual(await expected.array())
  })

  test('runs nets of several inputs and outputs, and never hands out an input', async () => {
    const [a, b] = [input({ shape: [2] }), input({ shape: [2] })]
    const net = model({ inputs: [a, b], outputs: [a, layers.add().apply([a, b]) as typeof a] })
    const [x, y] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[10, 20]])]
    const outputs = await (await engine.prepare(net)).run([x, y])
    expect(outputs.map((output) => [...output.dataSync()])).toEqual([
      [1, 2],
      [11, 22],
    ])
    tf.dispose(outputs)
    expect([x.isDisposed, y.isDisposed]).toEqual([false, false])
  })

  test('says which inputs a net takes', async () => {
    const net = sequential({ name: 'tiny', layers: [layers.dense({ inputShape: [2], units: 1, name: 'score' })] })
    await expect((await engine.prepare(net)).run([])).rejects.toThrow(
      'model "tiny" was given 0 inputs: it takes 1: score_input; pass one tensor per input, in that order',
    )
  })
})

describe('a training step', () => {
  const [w, unused] = [tf.variable(tf.tensor1d([1, -2])), tf.variable(tf.tensor1d([5]))]
  const rate = tf.variable(tf.scalar(0.5))
  const definition = {
    variables: [w, unused],
    state: [rate],
    loss: ([x]: readonly tf.Tensor[]) => tf.sum(tf.square(tf.mul(w, x))),
    update: ([gradient]: readonly tf.Tensor[]) => w.assign(tf.sub(w, tf.mul(gradient, rate))),
  }

  test('returns the loss before the update, hands over gradients in order and frees the rest', async () => {
    const received: number[][] = []
    const prepared = await engine.prepareStep({
      ...definition,
      update: (gradients) => {
        received.push(...gradients.map((gradient) => [...gradient.dataSync()]))
        definition.update(gradients)
      },
    })
    const x = tf.tensor1d([1, 3])
    const before = tf.memory().numTensors
    expect(await prepared.run([x])).toBe(37) // 1² + 6²
    expect(received).toEqual([[2, -36], [0]]) // 2·w·x², and zero for the weight that the loss does not use
    expect([...w.dataSync()]).toEqual([0, 16])
    expect(tf.memory().numTensors).toBe(before)
  })

  test('takes dropout masks from the source it is given', async () => {
    const drop = new Dropout({ rate: 0.5, name: 'drop' })
    const prepared = await engine.prepareStep({
      ...definition,
      loss: ([x]) => tf.sum(tf.mul(drop.call([x], { training: true }) as tf.Tensor, tf.sum(w))),
      update: () => w.assign(tf.tensor1d([1, 0])),
    })
    const x = tf.ones([1000])
    await prepared.run([x])
    const lossOf = (seed: string) => prepared.run([x], seededMasks(new Rng(seed)))
    const [first, again, other] = [await lossOf('one'), await lossOf('one'), await lossOf('other')]
    expect(again).toBe(first)
    expect(other).not.toBe(first)
  })

  test('refuses a loss that is not one number', async () => {
    const prepared = await engine.prepareStep({ ...definition, loss: ([x]) => tf.mul(w, x) })
    const x = tf.tensor1d([1, 3])
    const before = tf.memory().numTensors
    await expect(prepared.run([x])).rejects.toThrow(
      'the loss has shape [2]: a training step needs one number to make smaller; sum or average the loss over its elements',
    )
    expect(tf.memory().numTensors).toBe(before)
  })
})
