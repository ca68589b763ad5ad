import { type ConvolutionConfig, PixelwiseError } from '@pixelwise/core'

/** What every net of this package may be told about its size and its first weights. */
export interface NetOptions {
  /** Multiplies the channels of every layer but the last; small values make nets for trials. Default 1. */
  readonly width?: number
  /** Channels of the image. Default: as published. */
  readonly inputChannels?: number
  /** Rate of every dropout. Default: as published. */
  readonly dropout?: number
  /** How much of its averages a batch normalisation keeps at each training step. Default 0.99. */
  readonly normalizationMomentum?: number
  /** How weights start; see `Convolution`. Default `zeros`, to be loaded from published weights, or `msra` with a seed. */
  readonly start?: ConvolutionConfig['start']
  /** Draws new weights. */
  readonly seed?: number
}

/** What every backbone may be told. */
export interface BackboneOptions extends NetOptions {
  /** Zeros around the image, in pixels, in place of the first convolution's own padding. FCNs of 2015 use 100. */
  readonly pad?: number
  /**
   * The coarsest stride: where a layer would go beyond it, it keeps its grid and all layers after it are dilated, so that
   * every second (fourth, …) cell is what the published net computes. Default: the net's own.
   */
  readonly outputStride?: number
}

/** What every classifier may be told. */
export interface ClassifierOptions extends NetOptions {
  /** Default 1000 (ImageNet). */
  readonly classes?: number
  /** Height and width of the image. Default: as published. */
  readonly inputSize?: readonly [height: number, width: number]
  /** Leaves the softmax out. Default false. */
  readonly logits?: boolean
}

/** Nets that Caffe and torchvision publish with small differences of padding, rounding and preprocessing. */
export interface VariantOptions {
  /** Default `caffe`. */
  readonly variant?: 'caffe' | 'torchvision'
}

/** Nets that Keras-FCN has in a form of its own. */
export interface KerasVariantOptions<Others extends string = 'caffe'> {
  /** Default `caffe`. */
  readonly variant?: Others | 'keras'
}

/** Throws `backbone/bad-width`: every width below the smallest would give the same net, unnoticed. */
export function checkWidth(name: string, width: number | undefined): void {
  if (width === undefined || (width > 0 && Number.isFinite(width))) return
  throw new PixelwiseError('backbone/bad-width', {
    what: `${name} with width ${width}`,
    rule: 'the width multiplies the channels: a number above 0',
    next: 'pass 1 for the published net, 0.25 for a quarter of its channels',
  })
}

/** Throws `backbone/unknown-variant`: variants come from configurations, which no compiler reads. */
export function checkVariant(name: string, variant: string | undefined, known: readonly string[]): void {
  if (variant === undefined || known.includes(variant)) return
  throw new PixelwiseError('backbone/unknown-variant', {
    what: `${name} with variant ${JSON.stringify(variant)}`,
    rule: `it exists as ${known.join(', ')}`,
    next: 'choose one of these, or leave variant out',
  })
}
