import type { Rng } from '@pixelwise/masks/shared'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Sampler, SamplerState } from './sampler.js'

/** What one forward pass eats: the net's inputs (images, masks) and what the loss compares with. */
export interface Batch {
  readonly inputs: readonly Tensor[]
  readonly targets: readonly Tensor[]
  /** Which examples these are, to be named in errors. */
  readonly ids?: readonly string[]
}

/** Where batches come from. Each call makes a batch of new tensors, which `train` disposes. */
export interface BatchSource {
  /** `rng` depends on seed, step and part alone: take augmentation from it and a resumed run repeats them. */
  next(position: BatchPosition, rng: Rng): Promise<Batch>
  /** State as JSON, for sources that remember something. */
  save?(): unknown
  /** Goes on from a state that `save` gave. */
  restore?(state: unknown): void
}

/** Where in a run a batch belongs. */
export interface BatchPosition {
  /** Finished steps so far; 0 for the first batch. */
  readonly step: number
  /** Which of the solver's `iterSize` batches of the step, from 0. */
  readonly part: number
}

/** Batches of the examples that a sampler picks. */
export function sampledBatches({ sampler, batchSize = 1, load }: SampledBatches): BatchSource {
  return {
    next: async (_, rng) => {
      const indices = Array.from({ length: batchSize }, () => sampler.next())
      return { ids: indices.map((index) => `example ${index}`), ...(await load(indices, rng)) }
    },
    save: () => sampler.save(),
    // What `save` returned, after a trip through JSON; the sampler checks it.
    restore: (state) => sampler.restore(state as SamplerState),
  }
}

/** Which examples make a batch, and how they are read. */
export interface SampledBatches {
  readonly sampler: Sampler
  /** Examples per batch. Default 1, as FCNs of images of any size are trained. */
  readonly batchSize?: number
  /** Reads these examples and puts them into one batch of new tensors. */
  readonly load: (indices: readonly number[], rng: Rng) => Promise<Batch>
}
