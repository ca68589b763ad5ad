import { add, div, maximum, ones, pad, slice, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { windowMap } from '../geometry/spatial-map.js'
import { badConfig, checkSizes } from './check-config.js'
import { type LayerArguments, type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'

/** Settings of `DilatedPooling`. */
export interface DilatedPoolingConfig {
  readonly operation: 'max' | 'average'
  readonly window: number
  /** Cells between neighbouring cells of a window. */
  readonly dilation: number
  /** The stride that the pooling had, whose output it now gives at every cell: it says how far windows may overhang. */
  readonly formerStride: number
  /** Cells around the input, before dilation. Default 0. */
  readonly pad?: number
  /** Default `ceil`, as in Caffe. */
  readonly rounding?: 'ceil' | 'floor'
}

/**
 * Pooling at every cell, with dilated windows: what a strided pooling becomes when a net keeps a finer output stride.
 *
 * Every `dilation · formerStride`-th cell of the output, from the first on, is the output of the strided pooling on
 * every `dilation`-th cell of the input: at all sizes, borders included. Averages divide by the cells that Caffe counts
 * (padding does, overhang does not).
 *
 * Shapes: `[N, H, W, C]` → `[N, h, w, C]` float32, with h = H + dilation·(2·pad − window + formerStride) under the ceil
 * rule (at most H + dilation·pad where there is padding), and formerStride 1 in its place under the floor rule.
 * Source: Long 2016, §3.2.2 (shift-and-stitch is filter dilation).
 */
export class DilatedPooling extends PixelwiseLayer<DilatedPoolingConfig> {
  static readonly className = 'Pixelwise>DilatedPooling'

  constructor(args: DilatedPoolingConfig & LayerArguments) {
    super(args)
    const { operation, window, dilation, formerStride, pad: border, rounding = 'ceil' } = this.config
    checkSizes(this.name, { window, dilation, formerStride }, 1)
    checkSizes(this.name, { pad: border }, 0)
    if (operation !== 'max' && operation !== 'average') {
      throw badConfig(this.name, `operation ${JSON.stringify(operation)}`, 'operation is "max" or "average"')
    }
    if (rounding !== 'ceil' && rounding !== 'floor') {
      throw badConfig(this.name, `rounding ${JSON.stringify(rounding)}`, 'rounding is "ceil" or "floor"')
    }
  }

  override inferShape([[batch, height, width, channels]]: Shape[]): Shape {
    const size = (cells: number | null) => (cells === null ? null : this.#outputSize(cells))
    return [batch, size(height), size(width), channels]
  }

  override forward([x]: Tensor[]): Tensor {
    const largest = this.config.operation === 'max'
    const sum = this.#overWindow(x as Tensor4D, largest ? lowest : 0, largest ? maximum : add)
    if (largest) return sum
    const { pad: border = 0, dilation } = this.config
    const [, height, width] = x.shape
    const counted = ones([1, height + 2 * border * dilation, width + 2 * border * dilation, 1]) as Tensor4D
    return div(sum, this.#overWindow(counted, 0, add, true))
  }

  /** Combines the shifted copies of x that a window reads; `isPadded` where x has its padding already. */
  #overWindow(
    x: Tensor4D,
    outside: number,
    combine: (a: Tensor4D, b: Tensor4D) => Tensor4D,
    isPadded = false,
  ): Tensor4D {
    const { window, dilation, pad: border = 0 } = this.config
    const before = border * dilation
    const extent = dilation * (window - 1)
    const [height, width] = [1, 2].map((axis) => this.#outputSize(x.shape[axis] - (isPadded ? 2 * before : 0)))
    const first = isPadded ? 0 : before
    const missing = (size: number, output: number) => Math.max(0, output + extent - first - size)
    const edges = [
      [first, missing(x.shape[1], height)],
      [first, missing(x.shape[2], width)],
    ] as const
    const padded: Tensor4D = pad(x, [[0, 0], [...edges[0]], [...edges[1]], [0, 0]], outside)
    let result: Tensor4D | undefined
    for (let row = 0; row <= extent; row += dilation) {
      for (let column = 0; column <= extent; column += dilation) {
        const shifted = slice(padded, [0, row, column, 0], [-1, height, width, -1])
        result = result === undefined ? shifted : combine(result, shifted)
      }
    }
    return result ?? padded
  }

  #outputSize(cells: number): number {
    const { window, dilation, formerStride, pad: border = 0, rounding = 'ceil' } = this.config
    const overhang = rounding === 'ceil' ? formerStride : 1
    const size = cells + dilation * (2 * border - window + overhang)
    return border > 0 && rounding === 'ceil' ? Math.min(size, cells + dilation * border) : size
  }
}

/** The smallest float32: padding never wins a maximum. */
const lowest = -3.4028234663852886e38

export const dilatedPoolingLayer: LayerPlugin<DilatedPooling> = {
  layer: DilatedPooling,
  spatialMap: ({ config: { window, dilation, pad: border = 0 } }) =>
    windowMap({ kernel: window, dilation, pad: border * dilation }),
}
