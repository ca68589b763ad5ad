import type { InitialValues, ResizeConvention } from '@pixelwise/core'

/** How features become scores of pixels. */
export interface HeadOptions {
  /** Stride at which the last skip joins: 32 is no skip, 16 adds one, 8 two. Any stride that the backbone's taps have. */
  readonly stride: number
  /**
   * Stride of the coarsest tap that takes part. Default: the backbone's coarsest. With `stride` the same, one tap is
   * scored and nothing else: 16 on VGG-16 learns from pool4 alone.
   */
  readonly coarsest?: number
  /**
   * `fixed`: every upsampling interpolates; `learned`: the inner ones start there and learn; `resize`: maps are resized
   * to the next finer size and nothing is cropped, for trunks that pad each layer by half its filter. Default `fixed`.
   */
  readonly upsampling?: 'fixed' | 'learned' | 'resize'
  /** Where `resize` takes the cells of both sizes to lie. Default `half-pixel` (PyTorch); Keras-FCN has `asymmetric`. */
  readonly convention?: ResizeConvention
  /** How upsampled scores and those of a skip become one. Default: their sum. */
  readonly fusion?: Fusion
  /** Fixed multipliers of the features that each skip scores, coarse to fine. Default: none. */
  readonly skipScales?: readonly number[]
  /** How the scorers start. Default `zeros`: drawing them is neither better nor faster (Long 2016, §3.3.5). */
  readonly start?: InitialValues
  /** Draws scorers that do not start at zero. Default 0. */
  readonly seed?: number
}

/**
 * How two score maps become one.
 *
 * - `sum`, each times its coefficient (1 where none is given);
 * - `max`, cell by cell (Long 2016, §3.3.2 finds it hard to learn: gradients switch between the two);
 * - `concatenation`, then a 1×1 convolution that starts as the sum and learns.
 */
export type Fusion =
  | { readonly kind: 'sum'; readonly coefficients?: readonly [upsampled: number, skip: number] }
  | { readonly kind: 'max' }
  | { readonly kind: 'concatenation' }
