import { identityMap, type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { shapeText } from '../names.js'

export interface ElementwiseConfig {
  readonly operation: 'sum' | 'product' | 'maximum'
  /** A factor for each input of a sum. Default: all 1. */
  readonly coefficients?: readonly number[]
}

/**
 * Joins maps of one shape value by value (Caffe: Eltwise), the fusion of FCN's skips.
 *
 * Shapes: `[N, H, W, C]`, as many as there are → the same, float32. Throws `elementwise/shapes-differ`.
 */
export class Elementwise extends PixelwiseLayer<ElementwiseConfig> {
  static readonly className = 'Pixelwise>CaffeElementwise'

  override inferShape(inputs: Shape[]): Shape {
    this.#checkShapes(inputs)
    return inputs[0].map((_, axis) => inputs.map((shape) => shape[axis]).find((size) => size !== null) ?? null)
  }

  override forward(inputs: tf.Tensor[]): tf.Tensor {
    this.#checkShapes(inputs.map(({ shape }) => shape))
    const { operation, coefficients } = this.config
    const weighted = inputs.map((x, i) => (coefficients === undefined ? x : tf.mul(x, coefficients[i])))
    const join = { sum: tf.add, product: tf.mul, maximum: tf.maximum }[operation]
    return weighted.reduce((joined, x) => join(joined, x))
  }

  #checkShapes(inputs: Shape[]): void {
    const [first] = inputs
    const other = inputs.find((shape) => shape.some((size, axis) => differs(size, first[axis])))
    if (other === undefined) return
    throw new PixelwiseError('elementwise/shapes-differ', {
      what: `${this.name}: inputs of shape ${shapeText(first)} and ${shapeText(other)}`,
      rule: 'maps that are joined value by value have one shape',
      next: 'crop or upsample one of them to the size of the other first',
    })
  }
}

function differs(one: number | null, other: number | null): boolean {
  return one !== null && other !== null && one !== other
}

export const elementwiseLayer: LayerPlugin<Elementwise> = { layer: Elementwise, spatialMap: () => identityMap }
