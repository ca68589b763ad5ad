import '@tensorflow/tfjs-backend-cpu'
import { Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { startWasm } from './start.js'

beforeAll(() => startWasm({ threads: 1 }))

/** A small net with every kind of layer that dense nets are made of, with weights drawn from one seed. */
function smallNet() {
  const image = input({ shape: [null, null, 3] })
  const convolved = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }).apply(image)
  const normalised = layers.batchNormalization().apply(convolved)
  const pooled = layers.maxPooling2d({ poolSize: 2 }).apply(normalised) as SymbolicTensor
  const depthwise = layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', activation: 'elu' }).apply(pooled)
  const separable = layers.separableConv2d({ filters: 6, kernelSize: 3, padding: 'same' }).apply(depthwise)
  const averaged = layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'valid' }).apply(separable)
  const padded = layers
    .zeroPadding2d({
      padding: [
        [0, 1],
        [0, 1],
      ],
    })
    .apply(averaged)
  const joined = layers.add().apply([layers.conv2d({ filters: 6, kernelSize: 1 }).apply(pooled), padded] as never)
  const upsampled = layers.conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: 'same' }).apply(joined)
  const net = model({ inputs: image, outputs: upsampled as SymbolicTensor })
  const rng = new Rng('small net')
  for (const { val } of net.weights.map((weight) => weight as unknown as { val: tf.Variable })) {
    if (!val.trainable) continue
    val.assign(
      tf.tensor(
        Float32Array.from({ length: val.size }, () => rng.normal(0, 0.3)),
        val.shape,
      ),
    )
  }
  return net
}

/** Losses of a few steps of gradient descent on softmax cross-entropy. */
async function losses(backend: 'cpu' | 'wasm'): Promise<number[]> {
  await tf.setBackend(backend)
  const net = smallNet()
  const rng = new Rng('scene')
  const image = tf.tensor4d(
    Float32Array.from({ length: 2 * 64 * 3 }, () => rng.uniform(-1, 1)),
    [2, 8, 8, 3],
  )
  const labels = tf.tensor1d(
    Int32Array.from({ length: 2 * 64 }, () => rng.integer(3)),
    'int32',
  )
  const optimizer = tf.train.momentum(0.1, 0.9)
  const history: number[] = []
  for (let step = 0; step < 6; step++) {
    const loss = optimizer.minimize(() => {
      const scores = tf.reshape(net.apply(image, { training: true }) as tf.Tensor, [-1, 3])
      return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 3), scores) as tf.Scalar
    }, true)
    history.push(loss!.dataSync()[0])
    loss!.dispose()
  }
  tf.dispose([image, labels])
  optimizer.dispose()
  net.dispose()
  return history
}

test('a whole net trains as it does on the cpu backend', async () => {
  const expected = await losses('cpu')
  const found = await losses('wasm')
  expect(expected.at(-1)).toBeLessThan(expected[0] - 0.1)
  // Rounding differences grow with the steps.
  for (const [step, loss] of found.entries()) expect(loss).toBeCloseTo(expected[step], 4)
})
