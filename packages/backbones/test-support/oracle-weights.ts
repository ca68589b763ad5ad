import * as tf from '@tensorflow/tfjs-core'

/** `[out, in, h, w]` in PyTorch and Caffe, `[h, w, in, out]` (or `[in, out]`) here. */
export function uniformFilter(shape: number[], k: number): tf.Tensor {
  const [height, width, inputs, outputs] = shape.length === 4 ? shape : [1, 1, ...shape]
  const bound = Math.sqrt(6 / (height * width * inputs))
  const values = uniform(k, height * width * inputs * outputs)
  const result = new Float32Array(values.length)
  let n = 0
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let cell = 0; cell < height * width; cell++) result[(cell * inputs + i) * outputs + o] = bound * values[n++]
    }
  }
  return tf.tensor(result, shape)
}

/** Numbers in [-1, 1): the oracle's multiplicative hash of index and tensor number. */
export function uniform(k: number, size: number): Float64Array {
  const values = new Float64Array(size)
  for (let n = 0; n < size; n++) {
    let h = (Math.imul(n, 2654435761) + k * 40503) | 0
    h = Math.imul(h ^ (h >>> 15), 2246822519)
    h = Math.imul(h ^ (h >>> 13), 3266489917)
    values[n] = ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1
  }
  return values
}
