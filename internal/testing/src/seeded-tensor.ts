import { Rng } from '@pixelwise/core'
import { type Tensor, tensor } from '@tensorflow/tfjs-core'

/** A float32 tensor of uniform values in [−1, 1) that depends only on its shape and purpose. */
export function seededTensor(shape: readonly number[], purpose: string): Tensor {
  const rng = new Rng('testing').split(`${purpose} ${shape.join('×')}`)
  const size = shape.reduce((product, length) => product * length, 1)
  return tensor(
    Float32Array.from({ length: size }, () => rng.uniform(-1, 1)),
    [...shape],
  )
}
