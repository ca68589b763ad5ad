import { type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import { add, matMul, reshape, type Tensor } from '@tensorflow/tfjs-core'
import { initializers } from '@tensorflow/tfjs-layers'
import { caffeShape, fromCaffe, ourShape, toCaffe } from './axes.js'

export interface InnerProductConfig {
  /** Outputs. */
  readonly units: number
  /** The first of Caffe's axes (0 batch, 1 channels, 2 rows, 3 columns) whose values are summed. */
  readonly axis: number
  /** How many values each output sums. */
  readonly size: number
  /** Default true. */
  readonly bias?: boolean
}

/**
 * Weighted sums along the last of Caffe's axes (Caffe: InnerProduct with `axis` 2 or 3, where no convolution does it).
 *
 * Shapes: `[N, H, W, C]` → the axes before `axis` keep their sizes, the next has `units`, the others 1; weights
 * `[size, units]` in the order channels, rows, columns, and `[units]`.
 */
export class InnerProduct extends PixelwiseLayer<InnerProductConfig> {
  static readonly className = 'Pixelwise>CaffeInnerProduct'

  override build(): void {
    const { size, units, bias = true } = this.config
    this.addWeight('kernel', [size, units], 'float32', initializers.zeros())
    if (bias) this.addWeight('bias', [units], 'float32', initializers.zeros())
    this.built = true
  }

  override inferShape([input]: Shape[]): Shape {
    const { axis, units } = this.config
    return ourShape([...caffeShape(input).slice(0, axis), units])
  }

  override forward([x]: Tensor[]): Tensor {
    const [kernel, bias] = this.weights.map((weight) => weight.read())
    const rows = reshape(toCaffe(x), [-1, this.config.size])
    const sums = matMul(rows, kernel)
    const kept = caffeShape(x.shape).slice(0, this.config.axis) as number[]
    const shape = [...kept, this.config.units, 1, 1, 1].slice(0, 4)
    return fromCaffe(reshape(bias === undefined ? sums : add(sums, bias), shape))
  }
}

export const innerProductLayer: LayerPlugin<InnerProduct> = { layer: InnerProduct, spatialMap: () => null }
