import type { Shape } from '@pixelwise/core'

/** What became of a net while it was imported. */
export interface ImportReport {
  readonly net: string
  /** Changes that brought an old file into today's form. */
  readonly upgrades: readonly string[]
  readonly layers: readonly LayerReport[]
  readonly inputs: readonly BlobReport[]
  readonly outputs: readonly BlobReport[]
  readonly weights: WeightsReport
  readonly losses: readonly LossReport[]
  /** Assumptions that nothing in the files states; what became of parameters that layers share. */
  readonly notes: readonly string[]
}

/** What became of one layer of the file. */
export interface LayerReport {
  readonly name: string
  readonly type: string
  readonly status: 'mapped' | 'input' | 'skipped'
  /** Why a layer was skipped. */
  readonly reason?: string
  /** Its name in the model, where that differs; that of another layer where both share one. */
  readonly modelName?: string
  readonly bottoms: readonly string[]
  readonly tops: readonly BlobReport[]
  readonly parameters: readonly ParameterReport[]
}

/** A blob that the model takes or gives. */
export interface BlobReport {
  readonly name: string
  /** `[N, H, W, C]`; null where the size is free or not stated. */
  readonly shape: Shape
}

/** One array of a layer's weights. */
export interface ParameterReport {
  /** Caffe's shape. */
  readonly shape: readonly number[]
  /** Where the values come from. */
  readonly from: 'file' | 'filler' | `shared with ${string}`
  /** Multipliers of learning rate and decay, for training. */
  readonly learningRate: number
  readonly decay: number
}

/** Where the weights came from, and what was not used. */
export interface WeightsReport {
  readonly file?: string
  readonly format?: string
  /** Layers of the file that the model has no use for, with their shapes. */
  readonly unused: readonly { readonly layer: string; readonly shapes: readonly (readonly number[])[] }[]
  /** Layers that need weights the file does not have; filled as the net says. */
  readonly missing: readonly string[]
}

/** A loss layer of the net: what training needs to know of it. */
export interface LossReport {
  readonly name: string
  readonly type: string
  readonly bottoms: readonly string[]
  readonly weight: number
  readonly ignoreLabel?: number
  readonly normalization: 'full' | 'valid' | 'batch-size' | 'none'
}
