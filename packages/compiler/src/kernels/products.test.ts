import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, kernelTests, type NamedKernelCase } from '../../test-support/kernel-tests.js'
import { productKernels } from './products.js'

const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const

const cases: NamedKernelCase[] = [
  ...[true, false].flatMap((left) =>
    [true, false].map(
      (right): NamedKernelCase => ({
        name: `products, transposed ${left} ${right}`,
        inputs: [left ? [2, 4, 3] : [2, 3, 4], right ? [2, 5, 4] : [2, 4, 5]],
        run: (a, b) => tf.matMul(a, b, left, right),
        gradients: [0, 1],
      }),
    ),
  ),
  ...activations.flatMap((activation): NamedKernelCase[] => [
    {
      name: `fused product, ${activation}`,
      inputs: [[3, 4], [4, 5], [5], [5]],
      run: (a, b, bias, alpha) =>
        tf.fused.matMul({
          a,
          b,
          bias,
          activation,
          leakyreluAlpha: 0.2,
          preluActivationWeights: activation === 'prelu' ? alpha : undefined,
        }),
    },
  ]),
]

const random = {
  'products of batches': (draw: Draw) => {
    const [left, right] = [draw.of([true, false]), draw.of([true, false])]
    const [rows, inner, columns] = draw.shape(3)
    const batch = draw.shape(draw.whole(0, 2), 3)
    return {
      inputs: [
        [...batch, ...(left ? [inner, rows] : [rows, inner])],
        [...batch, ...(right ? [columns, inner] : [inner, columns])],
      ],
      run: (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, left, right),
      gradients: [0, 1],
    }
  },
  'products with bias and activation': (draw: Draw) => {
    const [rows, inner, columns] = draw.shape(3)
    const activation = draw.of(activations)
    return {
      inputs: [[rows, inner], [inner, columns], [columns], [columns]],
      run: (a: tf.Tensor, b: tf.Tensor, bias: tf.Tensor, preluActivationWeights: tf.Tensor) =>
        tf.fused.matMul({ a, b, bias, activation, leakyreluAlpha: 0.2, preluActivationWeights }),
    }
  },
  'sums over named axes': (draw: Draw) => {
    const lengths = Object.fromEntries([...'bijk'].map((name) => [name, draw.whole(1, 4)]))
    const [a, b, result] = draw.of([
      ['bij', 'bjk', 'bik'],
      ['ij', 'jk', 'ki'],
      ['bik', 'ij', 'bjk'],
      ['bi', 'bi', 'b'],
    ])
    const of = (names: string) => [...names].map((name) => lengths[name])
    return {
      inputs: [of(a), of(b)],
      run: (x: tf.Tensor, y: tf.Tensor) => tf.einsum(`${a},${b}->${result}`, x, y),
    }
  },
}

kernelTests(productKernels, cases, random)
