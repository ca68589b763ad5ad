import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, kernelTests, type NamedKernelCase } from '../../test-support/kernel-tests.js'
import { resizingKernels } from './resizing.js'

/** tfjs's cpu gradients of resizing mistake height for width, and are lost from the second image of a batch on. */
const square = [1, 6, 6, 3]

const cases: NamedKernelCase[] = [
  ...(
    [
      [false, false],
      [true, false],
      [false, true],
    ] as const
  ).flatMap(([align, half]): NamedKernelCase[] =>
    [
      [9, 13],
      [3, 4],
      [1, 6],
    ].flatMap((size) => {
      const to = size as [number, number]
      return [
        {
          name: `bilinear to ${size}, ${align} ${half}`,
          inputs: [square],
          run: (x) => tf.image.resizeBilinear(x, to, align, half),
          gradients: half ? [] : [0],
        },
        {
          name: `nearest to ${size}, ${align} ${half}`,
          inputs: [square],
          run: (x) => tf.image.resizeNearestNeighbor(x, to, align, half),
          gradients: half ? [] : [0],
        },
      ]
    }),
  ),
  {
    name: 'bilinear of whole numbers',
    inputs: [square],
    run: (x) => tf.image.resizeBilinear(tf.cast(tf.mul(x, 99), 'int32') as tf.Tensor4D, [9, 13]),
  },
]

const random = {
  'resizing by both rules': (draw: Draw) => {
    const side = draw.whole(1, 7)
    const size: [number, number] = [draw.whole(1, 12), draw.whole(1, 12)]
    const [align, half] = draw.of([
      [false, false],
      [true, false],
      [false, true],
    ])
    return {
      inputs: [[1, side, side, draw.whole(1, 3)]],
      run: (x: tf.Tensor4D) => [
        tf.image.resizeBilinear(x, size, align, half),
        tf.image.resizeNearestNeighbor(x, size, align, half),
      ],
      gradients: half ? [] : [0],
    }
  },
}

kernelTests(resizingKernels, cases, random)
