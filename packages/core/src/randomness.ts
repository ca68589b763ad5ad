import { Rng } from '@pixelwise/masks/shared'
import type { Tensor } from '@tensorflow/tfjs-core'
import { dropoutMask } from './ops/dropout.js'

/**
 * Where the random masks of a training step come from.
 *
 * Layers ask by name, so that a mask depends on the layer and the step, not on the order of calls; an engine that
 * records a step may hand out inputs of its graph instead.
 */
export interface MaskSource {
  /** A mask of ones and zeros, zero with probability `rate`. The caller disposes it. */
  dropoutMask(layerName: string, shape: number[], rate: number): Tensor
}

/** Masks drawn from a seeded generator: one stream per layer. Give each step its own: `seededMasks(rng.split(step))`. */
export function seededMasks(rng: Rng): MaskSource {
  return { dropoutMask: (layerName, shape, rate) => dropoutMask(shape, rate, rng.split(layerName)) }
}

/** Runs a function whose layers take their masks from `source`. */
export function withMasks<T>(source: MaskSource, run: () => T): T {
  const outer = current
  current = source
  try {
    return run()
  } finally {
    current = outer
  }
}

/** The source in force; outside `withMasks`, masks that differ from call to call. */
export function currentMasks(): MaskSource {
  return current ?? seededMasks(new Rng(callsOutside++))
}

let current: MaskSource | undefined
let callsOutside = 0
