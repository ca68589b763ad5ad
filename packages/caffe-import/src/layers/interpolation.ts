import { bothAxes, type LayerPlugin, PixelwiseLayer, resizeBilinear, type Shape } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { pad, slice, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'

export interface InterpolationConfig {
  /** Output size; it wins over the factors. */
  readonly fixed?: readonly [rows: number, columns: number]
  /** Size becomes ⌊(size − 1) / shrink⌋ + 1, then size + (size − 1)·(zoom − 1). Default 1 and 1. */
  readonly shrink?: number
  readonly zoom?: number
  /** Cells added before and behind; negative ones are cut off. Default 0. */
  readonly padBefore?: number
  readonly padBehind?: number
}

/**
 * Bilinear interpolation in which the corners coincide (Interp of DeepLab and PSPNet).
 *
 * Inputs: a map `[N, H, W, C]`, and optionally a second that gives the output size. Throws `interpolation/empty`.
 */
export class Interpolation extends PixelwiseLayer<InterpolationConfig> {
  static readonly className = 'Pixelwise>CaffeInterpolation'

  override inferShape([input, reference]: Shape[]): Shape {
    const size = (axis: 0 | 1) => (reference === undefined ? this.#size(input[axis + 1], axis) : reference[axis + 1])
    return [input[0], size(0), size(1), input[3]]
  }

  override forward([x, reference]: Tensor[]): Tensor {
    const [, height, width] = this.inferShape(reference === undefined ? [x.shape] : [x.shape, reference.shape])
    if (height === null || width === null || height < 1 || width < 1) {
      throw new PixelwiseError('interpolation/empty', {
        what: `${this.name}: ${x.shape[1]}×${x.shape[2]} becomes ${height}×${width}`,
        rule: 'the output has at least one cell',
        next: 'feed a larger input, or mend the factors of the layer',
      })
    }
    return resizeBilinear(this.#padded(x as Tensor4D), [height, width], { convention: 'align-corners' })
  }

  #padded(x: Tensor4D): Tensor4D {
    const { padBefore = 0, padBehind = 0 } = this.config
    const more = (cells: number) => Math.max(0, cells)
    const added: [number, number] = [more(padBefore), more(padBehind)]
    const grown = added[0] + added[1] > 0 ? pad(x, [[0, 0], added, added, [0, 0]]) : x
    const [before, behind] = [more(-padBefore), more(-padBehind)]
    if (before + behind === 0) return grown
    const [, height, width] = grown.shape
    return slice(grown, [0, before, before, 0], [-1, height - before - behind, width - before - behind, -1])
  }

  #size(size: number | null, axis: 0 | 1): number | null {
    const { fixed, shrink = 1, zoom = 1, padBefore = 0, padBehind = 0 } = this.config
    if (fixed !== undefined) return fixed[axis]
    if (size === null) return null
    const padded = size + padBefore + padBehind
    const shrunk = Math.floor((padded - 1) / shrink) + 1
    return shrunk + (shrunk - 1) * (zoom - 1)
  }
}

export const interpolationLayer: LayerPlugin<Interpolation> = {
  layer: Interpolation,
  spatialMap: (layer, [input, reference]) => {
    const { padBefore = 0 } = layer.config
    const output = layer.inferShape(reference === undefined ? [input] : [input, reference])
    if ([input[1], input[2], output[1], output[2]].includes(null)) return [null, null].slice(0, reference ? 2 : 1)
    const map = bothAxes((axis) => {
      const [size, target] = [input[axis + 1]!, output[axis + 1]!]
      const stride = target > 1 ? (size + padBefore + (layer.config.padBehind ?? 0) - 1) / (target - 1) : 1
      return { kernel: 3, stride, offset: -padBefore }
    })
    return reference === undefined ? map : [map, null]
  },
}
