import { PixelwiseError } from '@pixelwise/masks/shared'
import { concat, type Tensor } from '@tensorflow/tfjs-core'
import { identityMap } from '../geometry/spatial-map.js'
import { type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'

/**
 * Joins feature maps along their channels: `[N, H, W, C1]`, `[N, H, W, C2]`, … → `[N, H, W, C1 + C2 + …]`.
 *
 * tfjs's own layer refuses to compare a free size with a known one; here a size that one input knows serves for all.
 * Throws `concatenation/sizes-differ` when two known sizes differ.
 */
export class Concatenation extends PixelwiseLayer {
  static readonly className = 'Pixelwise>Concatenation'

  override inferShape(inputs: Shape[]): Shape {
    const known = (axis: number) => inputs.map((shape) => shape[axis]).find((size) => size !== null) ?? null
    const fits = (shape: Shape) => [0, 1, 2].every((axis) => shape[axis] === null || shape[axis] === known(axis))
    if (!inputs.every(fits)) {
      throw new PixelwiseError('concatenation/sizes-differ', {
        what: `${this.name}: maps of ${inputs.map((shape) => `[${shape.map((size) => size ?? 'null').join(', ')}]`).join(' and ')}`,
        rule: 'maps that are joined along their channels have one batch size, height and width',
        next: 'crop the larger map (CropLike), or upsample the smaller one first',
      })
    }
    return [known(0), known(1), known(2), inputs.reduce((sum, shape) => sum + shape[3]!, 0)]
  }

  override forward(inputs: Tensor[]): Tensor {
    this.inferShape(inputs.map(({ shape }) => shape))
    return concat(inputs, 3)
  }
}

export const concatenationLayer: LayerPlugin<Concatenation> = { layer: Concatenation, spatialMap: () => identityMap }
