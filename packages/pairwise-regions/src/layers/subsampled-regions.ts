import { compose, type LayerPlugin, PixelwiseError, PixelwiseLayer, type Shape, windowMap } from '@pixelwise/core'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { initializers, type layers } from '@tensorflow/tfjs-layers'
import { subsampledProducts, subsampledRegions } from '../ops/subsampled-regions.js'

/** Settings of `SubsampledRegions`. */
export interface SubsampledRegionsConfig {
  /** Cells along one side of a region's window; R. */
  readonly window: number
  /** Cells along one side of the filter, odd. */
  readonly kernel: number
  /** Every so many cells, in rows and in columns, one is the centre of a region. */
  readonly step: number
  /** Origin of the result. Default `⌊R/2⌋`. */
  readonly origin?: number
}

/**
 * Convolution and region transpose in one, for the centres of every `step`-th row and column; regions that are not kept
 * are not computed.
 *
 * Shapes: `[N, H, W, C]` → `[N, ⌈H/step⌉, ⌈W/step⌉, R²]`, float32; weights `[k, k, C, R²]` and `[R²]` are those of the
 * convolution before a `RegionTranspose`, and start at zero. Throws `layer/bad-config` and `layer/wrong-rank`.
 * Source: Long 2016, §4.4.5 (density); `subsampledRegions`, the operation.
 */
export class SubsampledRegions extends PixelwiseLayer<SubsampledRegionsConfig> {
  static readonly className = 'Pixelwise>SubsampledRegions'

  constructor(args: ConstructorParameters<typeof PixelwiseLayer<SubsampledRegionsConfig>>[0]) {
    super(args)
    const { window, kernel, step, origin = 0 } = this.config
    this.#check('window', window, window >= 1, 'a whole number, 1 or more')
    this.#check('kernel', kernel, kernel >= 1 && kernel % 2 === 1, 'an odd whole number')
    this.#check('step', step, step >= 1, 'a whole number, 1 or more')
    this.#check('origin', origin, origin >= 0 && origin < window, `a cell of the window, 0 to ${window - 1}`)
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = (inputShape as Shape)[3]
    if (inputShape.length !== 4 || channels === null) {
      throw new PixelwiseError('layer/wrong-rank', {
        what: `${this.name}: an input of shape ${JSON.stringify(inputShape)}`,
        rule: 'expected [N, H, W, C] with C known, as the filter has one part for each channel',
        next: 'give the input as [null, null, C] (tfjs adds the batch axis)',
      })
    }
    const { window, kernel } = this.config
    this.addWeight('kernel', [kernel, kernel, channels, window * window], 'float32', initializers.zeros())
    this.addWeight('bias', [window * window], 'float32', initializers.zeros())
    this.built = true
  }

  override inferShape([[batch, height, width]]: Shape[]): Shape {
    const { window, step } = this.config
    const kept = (size: number | null) => (size === null ? null : Math.ceil(size / step))
    return [batch, kept(height), kept(width), window * window]
  }

  override forward([features]: Tensor[]): Tensor {
    const [kernel, bias] = this.weights.map((weight) => weight.read())
    const { step } = this.config
    return subsampledRegions(features as Tensor4D, kernel as Tensor4D, bias as Tensor1D, { origin: this.origin, step })
  }

  /** The index in the window that stands for the region’s own cell; the middle unless told. */
  get origin(): number {
    return this.config.origin ?? Math.floor(this.config.window / 2)
  }

  #check(field: string, value: number, isRight: boolean, rule: string): void {
    if (Number.isInteger(value) && isRight) return
    throw new PixelwiseError('layer/bad-config', {
      what: `${this.name}: ${field} ${JSON.stringify(value)}`,
      rule: `${field} is ${rule}`,
      next: 'check the arguments the layer is built with',
    })
  }
}

export const subsampledRegionsLayer: LayerPlugin<SubsampledRegions> = {
  layer: SubsampledRegions,
  spatialMap: ({ config: { window, kernel, step }, origin }) =>
    compose(windowMap({ kernel: window, stride: step, pad: origin }), windowMap({ kernel, pad: (kernel - 1) / 2 })),
  multiplyAdds: ({ config, origin }, [[, height, width, channels]]) =>
    subsampledProducts([height ?? Number.NaN, width ?? Number.NaN, channels ?? Number.NaN], { ...config, origin }),
}

/** Whether a layer is one of these, whatever copy of this package it comes from. */
export function isSubsampledRegions(layer: layers.Layer): layer is SubsampledRegions {
  return layer.getClassName() === SubsampledRegions.className
}
