import { Rng } from '@pixelwise/core'
import { tensor, tidy } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/**
 * Replaces every weight by seeded random numbers that keep activations of the order of one. Heads of FCNs start at
 * zero, and all zeros agree with each other.
 */
export function withRandomWeights(model: LayersModel): LayersModel {
  const rng = new Rng('random weights')
  tidy(() => {
    for (const weight of model.weights) {
      const shape = weight.shape as number[]
      const size = shape.reduce((product, length) => product * length, 1)
      const fanIn = size / (shape.at(-1) ?? 1)
      const limit = Math.sqrt(3 / fanIn)
      const range = /variance/i.test(weight.originalName) ? [0.5, 2] : [-limit, limit]
      const values = Float32Array.from({ length: size }, () => rng.uniform(range[0], range[1]))
      weight.write(tensor(values, shape))
    }
  })
  return model
}
