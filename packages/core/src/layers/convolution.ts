import { add, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { at, type PerAxis, windowMap } from '../geometry/spatial-map.js'
import { convolution } from '../ops/convolution.js'
import { type InitialValues, initialValues } from './initial-values.js'
import { type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'
import { convolvedSize } from './sizes.js'

export interface ConvolutionConfig {
  /** Output channels. */
  readonly filters: number
  readonly kernel: PerAxis
  readonly stride?: PerAxis
  /** Zeros added on each side, in cells. */
  readonly pad?: PerAxis
  readonly dilation?: PerAxis
  readonly groups?: number
  /** Default true. */
  readonly bias?: boolean
  /** Default `msra`; the bias starts at zero. */
  readonly start?: InitialValues
  readonly seed?: number
}

/**
 * Convolution as Caffe defines it: any stride, symmetric zero padding, dilation and groups together, and a gradient in
 * every case (tfjs's own layer has none under dilation).
 *
 * Shapes: `[N, H, W, C]` → `[N, h, w, filters]` with h = ⌊(H + 2·pad − (dilation·(kernel − 1) + 1)) / stride⌋ + 1;
 * weights `[kh, kw, C/groups, filters]` and `[filters]`, float32.
 */
export class Convolution extends PixelwiseLayer<ConvolutionConfig> {
  static readonly className = 'Pixelwise>Convolution'

  override build(inputShape: Shape | Shape[]): void {
    const channels = (inputShape as Shape)[3]!
    const { filters, kernel, groups = 1, bias = true, start = 'msra', seed = 0 } = this.config
    const shape = [at(kernel, 0), at(kernel, 1), channels / groups, filters]
    const fanIn = shape[0] * shape[1] * shape[2]
    this.addWeight('kernel', shape, 'float32', initialValues(start, `${this.name}/kernel`, seed, fanIn))
    if (bias) this.addWeight('bias', [filters], 'float32', initialValues('zeros', `${this.name}/bias`, seed, fanIn))
    this.built = true
  }

  override inferShape([[batch, height, width]]: Shape[]): Shape {
    const size = (input: number | null, axis: 0 | 1) => {
      const pad = at(this.config.pad ?? 0, axis)
      return convolvedSize(input, {
        kernel: at(this.config.kernel, axis),
        stride: at(this.config.stride ?? 1, axis),
        dilation: at(this.config.dilation ?? 1, axis),
        padBefore: pad,
        padAfter: pad,
      })
    }
    return [batch, size(height, 0), size(width, 1), this.config.filters]
  }

  override forward([x]: Tensor[]): Tensor {
    const [kernel, bias] = this.weights.map((weight) => weight.read())
    const { stride, pad, dilation, groups } = this.config
    const sum = convolution(x as Tensor4D, kernel as Tensor4D, { stride, pad, dilation, groups })
    return bias === undefined ? sum : add(sum, bias)
  }
}

export const convolutionLayer: LayerPlugin<Convolution> = {
  layer: Convolution,
  spatialMap: ({ config }) => windowMap(config),
  multiplyAdds: (layer, _inputs, [, height, width]) =>
    (height ?? Number.NaN) * (width ?? Number.NaN) * productOf(layer.weights[0].shape),
}

function productOf(shape: Shape): number {
  return shape.reduce<number>((product, size) => product * (size ?? Number.NaN), 1)
}
