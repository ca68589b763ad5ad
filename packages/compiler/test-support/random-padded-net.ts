import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import type { Draw } from './kernel-tests.js'

export interface PaddedNet {
  readonly run: (image: tf.Tensor4D) => tf.Tensor[]
  readonly size: readonly [height: number, width: number]
  readonly weights: readonly tf.Variable[]
}

/** A net that pads its image far, as FCNs do, of random layers. */
export function randomPaddedNet(draw: Draw, dilations: readonly number[] = [1, 1, 2]): PaddedNet {
  const weights: tf.Variable[] = []
  const weight = (shape: number[], name: string) => {
    const variable = tf.variable(seededTensor(shape, `${name} ${shape}`))
    weights.push(variable)
    return variable
  }
  const pad = draw.whole(14, 30)
  const size = [draw.whole(6, 14), draw.whole(6, 14)] as const
  const [mean, filling, after] = [draw.of([0, 3]), draw.of([0, -2]), draw.of([0, 3, 9])]
  const layers: ((x: tf.Tensor4D) => tf.Tensor4D)[] = []
  let count = 0
  const convolution = (channels: number, outputs: number, strides = 1, rectified = draw.whole(0, 3) > 0) => {
    const taps = draw.of([1, 3, 5])
    const filter = weight([taps, taps, channels, outputs], `filter ${count++}`) as unknown as tf.Tensor4D
    const bias = weight([outputs], `bias ${count}`)
    bias.assign(tf.add(bias, 1)) // so that few maps are all zeros after ReLU
    const dilation = strides === 1 ? draw.of(dilations) : 1
    const padding = draw.of(['same', 'same', 'valid', 2] as const)
    return (x: tf.Tensor4D) => {
      const y = tf.add(
        tf.conv2d(x, filter, strides, padding, 'NHWC', dilation, padding === 2 ? 'floor' : undefined),
        bias,
      ) as tf.Tensor4D
      return rectified ? tf.relu(y) : y
    }
  }
  const pooling = () => {
    const [window, kind] = [draw.of([2, 3]), draw.of(['max', 'ceil', 'average'])]
    return (x: tf.Tensor4D) => {
      if (kind === 'average') return tf.avgPool(x, window, 2, 'valid')
      if (kind === 'max') return tf.maxPool(x, window, 2, 'valid')
      const odd = ([1, 2] as const).map((axis) => (x.shape[axis] + (window % 2)) % 2)
      const lowest = -3.4028234663852886e38
      return tf.maxPool(
        tf.pad(x, [[0, 0], [0, odd[0]], [0, odd[1]], [0, 0]], lowest), // biome-ignore format: four axes
        window,
        2,
        'valid',
      )
    }
  }
  const branches = () => {
    const [a, b] = [convolution(4, 2), convolution(4, 2)]
    return (x: tf.Tensor4D) => {
      const [left, right] = [a(x), b(x)]
      const [height, width] = [1, 2].map((axis) => Math.min(left.shape[axis] as number, right.shape[axis] as number))
      return tf.concat([left, right].map((map) => tf.slice(map, [0, 0, 0, 0], [-1, height, width, -1])), 3) as tf.Tensor4D // biome-ignore format: short
    }
  }
  layers.push(convolution(2, 4, draw.of([1, 1, 2])))
  for (let stage = draw.whole(1, 2); stage >= 0; stage--) {
    for (let depth = draw.whole(0, 2); depth > 0; depth--) layers.push(draw.of([() => convolution(4, 4), branches])())
    if (draw.whole(0, 2) === 0) layers.push((x) => tf.localResponseNormalization(x, 1))
    layers.push(draw.of([pooling, pooling, () => convolution(4, 4, 2)])())
  }
  const skip = draw.whole(1, layers.length - 1)
  const head = convolution(4, 3, 1, false)
  const sideHead = weight([1, 1, 4, 3], 'side filter') as unknown as tf.Tensor4D
  return {
    size,
    weights,
    run: (image) => {
      const sides: [number, number][] = [
        [0, 0],
        [pad, pad + after],
        [pad + 1, pad],
        [0, 0],
      ]
      let x = tf.pad(tf.sub(image, mean), sides, filling) as tf.Tensor4D
      let side = x
      for (const [i, layer] of layers.entries()) {
        if (i === skip) side = x
        x = layer(x)
      }
      const scores = head(x)
      const [height, width] = [1, 2].map((axis) => Math.floor((side.shape[axis] as number) / 2))
      const cut = tf.slice(tf.conv2d(side, sideHead, 1, 'same'), [0, 2, 1, 0], [-1, height - 1, width, -1])
      return [scores, cut]
    },
  }
}
