import { add, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { at, type PerAxis, transposedWindowMap } from '../geometry/spatial-map.js'
import { transposedConvolution } from '../ops/transposed-convolution.js'
import { type InitialValues, initialValues } from './initial-values.js'
import { type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'
import { transposedSize } from './sizes.js'

export interface TransposedConvolutionConfig {
  /** Output channels. */
  readonly filters: number
  readonly kernel: PerAxis
  readonly stride?: PerAxis
  /** Cells taken off each side of the output. */
  readonly pad?: PerAxis
  readonly dilation?: PerAxis
  readonly groups?: number
  /** Default true. */
  readonly bias?: boolean
  /** Default `msra`; `bilinear` makes it an interpolation that may go on learning. */
  readonly start?: InitialValues
  readonly seed?: number
}

/**
 * Transposed convolution (Caffe: Deconvolution), the learnable upsampling of FCNs.
 *
 * Shapes: `[N, H, W, C]` → `[N, h, w, filters]` with h = stride·(H − 1) + dilation·(kernel − 1) + 1 − 2·pad; weights
 * `[kh, kw, filters/groups, C]` and `[filters]`, float32.
 * Source: Long 2016, §3.2.3.
 */
export class TransposedConvolution extends PixelwiseLayer<TransposedConvolutionConfig> {
  static readonly className = 'Pixelwise>TransposedConvolution'

  override build(inputShape: Shape | Shape[]): void {
    const channels = (inputShape as Shape)[3]!
    const { filters, kernel, stride = 1, groups = 1, bias = true, start = 'msra', seed = 0 } = this.config
    const shape = [at(kernel, 0), at(kernel, 1), filters / groups, channels]
    // Strides spread each input over kernel/stride outputs, so an output sums that fraction of the kernel.
    const fanIn = ((shape[0] * shape[1]) / (at(stride, 0) * at(stride, 1))) * (channels / groups)
    this.addWeight('kernel', shape, 'float32', initialValues(start, `${this.name}/kernel`, seed, fanIn))
    if (bias) this.addWeight('bias', [filters], 'float32', initialValues('zeros', `${this.name}/bias`, seed, fanIn))
    this.built = true
  }

  override inferShape([[batch, height, width]]: Shape[]): Shape {
    const size = (input: number | null, axis: 0 | 1) => {
      const pad = at(this.config.pad ?? 0, axis)
      return transposedSize(input, {
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
    const sum = transposedConvolution(x as Tensor4D, kernel as Tensor4D, { stride, pad, dilation, groups })
    return bias === undefined ? sum : add(sum, bias)
  }
}

export const transposedConvolutionLayer: LayerPlugin<TransposedConvolution> = {
  layer: TransposedConvolution,
  spatialMap: ({ config }) => transposedWindowMap(config),
  multiplyAdds: (layer, [[, height, width]]) =>
    (height ?? Number.NaN) *
    (width ?? Number.NaN) *
    layer.weights[0].shape.reduce<number>((product, size) => product * (size ?? Number.NaN), 1),
}
