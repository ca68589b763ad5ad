import '@tensorflow/tfjs-backend-cpu'
import { bilinearUpsample, crop } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { trace } from '../trace/trace.js'
import { optimise } from './optimise.js'
import { replay } from './replay.js'

beforeAll(() => tf.setBackend('cpu'))

const shape = [2, 5, 3, 4]

/** The kernels that are left, which compute the same. */
function kernelsAfter(run: (x: tf.Tensor4D) => tf.Tensor | tf.Tensor[]): string[] {
  const { graph } = trace((x) => run(x as tf.Tensor4D), [{ shape }])
  const fused = optimise(graph)
  const x = seededTensor(shape, 'x') as tf.Tensor4D
  const { outputs } = replay(fused, new Map([[fused.inputs[0].value, x]]))
  for (const [i, expected] of [run(x)].flat().entries()) {
    expect(relativeDifference(outputs[i], expected)).toBeLessThan(1e-6)
  }
  return fused.nodes.map(({ kernel }) => kernel)
}

describe('bilinear upsampling', () => {
  test.each([
    [2, undefined],
    [3, undefined],
    [4, undefined],
    [2, 3],
    [3, 2],
    [4, 11],
  ])('by %i with a filter of %s taps is one kernel', (factor, size) => {
    expect(kernelsAfter((x) => bilinearUpsample(x, factor, size === undefined ? {} : { size }))).toEqual([
      'DepthwiseConv2dNativeBackpropInput',
    ])
  })

  test('takes in the crop that alone reads it, and no other', () => {
    expect(kernelsAfter((x) => crop(bilinearUpsample(x, 4), [3, 7], [11, 5]))).toEqual([
      'DepthwiseConv2dNativeBackpropInput',
    ])
    const twice = (x: tf.Tensor4D) => {
      const large = bilinearUpsample(x, 4)
      return [crop(large, [3, 7], [11, 5]), tf.relu(large)]
    }
    expect(kernelsAfter(twice)).toEqual(['DepthwiseConv2dNativeBackpropInput', 'Slice', 'Relu'])
    expect(kernelsAfter((x) => tf.slice(bilinearUpsample(x, 2), [0, 1, 1, 1], [2, 3, 3, 2]))).toEqual([
      'DepthwiseConv2dNativeBackpropInput',
      'Slice',
    ])
  })

  test('is left alone where a step of it is another', () => {
    const shifted = (x: tf.Tensor4D) => {
      const around: [number, number][] = [
        [0, 0],
        [1, 1],
        [0, 0],
        [0, 0],
      ]
      const lined = tf.reshape(x, [2, 5, 1, 12]) as tf.Tensor4D
      const padded = tf.pad(lined, around, 1)
      const terms = [0, 1].map((from) =>
        tf.mul(tf.slice(padded, [0, from, 0, 0], [2, 6, 1, 12]), tf.tensor4d([0.25, 0.75], [1, 1, 2, 1])),
      )
      return tf.reshape(
        tf.slice(tf.reshape(tf.add(terms[0], terms[1]), [2, 12, 12]), [0, 0, 0], [2, 10, 12]),
        [2, 10, 3, 4],
      )
    }
    expect(kernelsAfter(shifted)).not.toContain('DepthwiseConv2dNativeBackpropInput')
  })
})
