import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { at, type PerAxis, windowMap } from '../geometry/spatial-map.js'
import { maxPoolWithSwitches } from '../ops/max-pool-with-switches.js'
import { averagePool, maxPool, pooledSize } from '../ops/pooling.js'
import { badConfig, checkSizes } from './check-config.js'
import { type LayerArguments, type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'

/** Settings of the poolings, in pixels of their input. */
export interface PoolingConfig {
  readonly window: PerAxis
  /** Default: the window. */
  readonly stride?: PerAxis
  readonly pad?: PerAxis
  /** Default `ceil`, as in Caffe. */
  readonly rounding?: 'ceil' | 'floor'
}

/** What the three poolings share: their output size and where they look. */
abstract class Pooling extends PixelwiseLayer<PoolingConfig> {
  constructor(args: PoolingConfig & LayerArguments) {
    super(args)
    const { window, stride = window, pad = 0, rounding = 'ceil' } = this.config
    checkSizes(this.name, { window, stride }, 1)
    checkSizes(this.name, { pad }, 0)
    if (rounding !== 'ceil' && rounding !== 'floor') {
      throw badConfig(this.name, `rounding ${JSON.stringify(rounding)}`, 'rounding is "ceil" or "floor"')
    }
  }

  override inferShape([[batch, height, width, channels]]: Shape[]): Shape | Shape[] {
    const { window, stride = window, pad = 0, rounding = 'ceil' } = this.config
    const size = (input: number | null, axis: 0 | 1) => {
      if (input === null) return null
      const padding = at(pad, axis)
      const along = { window: at(window, axis), stride: at(stride, axis), padBefore: padding, padAfter: padding }
      return pooledSize(input, { ...along, rounding })
    }
    return [batch, size(height, 0), size(width, 1), channels]
  }
}

/**
 * Max pooling with Caffe's ceil rule and padding: `[N, H, W, C]` → `[N, ⌈(H + 2·pad − window)/stride⌉ + 1, …, C]`.
 * Windows are clipped to the image; padding never wins.
 */
export class MaxPooling extends Pooling {
  static readonly className = 'Pixelwise>MaxPooling'

  override forward([x]: Tensor[]): Tensor {
    return maxPool(x as Tensor4D, this.config)
  }
}

/** Average pooling with Caffe's sizes and divisor: padding counts as zeros, the overhang of the ceil rule does not count. */
export class AveragePooling extends Pooling {
  static readonly className = 'Pixelwise>AveragePooling'

  override forward([x]: Tensor[]): Tensor {
    return averagePool(x as Tensor4D, this.config)
  }
}

/**
 * Max pooling that also tells where each maximum was: outputs `[values, switches]`, both `[N, h, w, C]`; a switch is the
 * index row·W + column within the input plane. `MaxUnpooling` takes them back.
 * Source: Noh et al. 2015 (DeconvNet).
 */
export class MaxPoolingWithSwitches extends Pooling {
  static readonly className = 'Pixelwise>MaxPoolingWithSwitches'

  /** The shape of the values, twice: the switches have it too. */
  override inferShape(inputs: Shape[]): Shape[] {
    const pooled = super.inferShape(inputs) as Shape
    return [pooled, [...pooled]]
  }

  override forward([x]: Tensor[]): Tensor[] {
    const { values, switches } = maxPoolWithSwitches(x as Tensor4D, this.config)
    return [values, switches]
  }
}

const windows = ({ config }: Pooling) =>
  windowMap({ kernel: config.window, stride: config.stride ?? config.window, pad: config.pad })

export const maxPoolingLayer: LayerPlugin<MaxPooling> = { layer: MaxPooling, spatialMap: windows }
export const averagePoolingLayer: LayerPlugin<AveragePooling> = { layer: AveragePooling, spatialMap: windows }
export const maxPoolingWithSwitchesLayer: LayerPlugin<MaxPoolingWithSwitches> = {
  layer: MaxPoolingWithSwitches,
  spatialMap: windows,
}
