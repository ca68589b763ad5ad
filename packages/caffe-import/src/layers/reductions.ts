import { identityMap, type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { ourAxis, toCaffe } from './axes.js'

export interface ReductionConfig {
  readonly operation: 'sum' | 'asum' | 'sumsq' | 'mean'
  /** The first of Caffe's axes that is reduced; those behind it are too. Default 0. */
  readonly axis?: number
  /** Default 1. */
  readonly coefficient?: number
}

/** One number from all values behind an axis (Caffe: Reduction); reduced axes have size 1. */
export class Reduction extends PixelwiseLayer<ReductionConfig> {
  static readonly className = 'Pixelwise>CaffeReduction'

  override inferShape([input]: Shape[]): Shape {
    const reduced = this.#axes()
    return input.map((size, axis) => (reduced.includes(axis) ? 1 : size))
  }

  override forward([x]: tf.Tensor[]): tf.Tensor {
    const { operation, coefficient = 1 } = this.config
    const values = operation === 'asum' ? tf.abs(x) : operation === 'sumsq' ? tf.square(x) : x
    const reduced = (operation === 'mean' ? tf.mean : tf.sum)(values, this.#axes(), true)
    return coefficient === 1 ? reduced : tf.mul(reduced, coefficient)
  }

  #axes(): number[] {
    return [0, 1, 2, 3].slice(this.config.axis ?? 0).map(ourAxis)
  }
}

export interface ArgMaxConfig {
  /** The axis of `[N, H, W, C]` that is searched; the whole map, in Caffe's order, when left out. */
  readonly axis?: number
  /** How many of the largest. Default 1. */
  readonly top?: number
  /** Give the values: with an axis in place of the indices, without one behind them. Default false. */
  readonly values?: boolean
}

/**
 * Where the largest values are (Caffe: ArgMax), as float32 numbers; of equal values the last counts, as in Caffe.
 *
 * Shapes: `[N, H, W, C]` → the same with `top` along the axis; without an axis `[N, top, 1, 1 or 2]`.
 */
export class ArgMax extends PixelwiseLayer<ArgMaxConfig> {
  static readonly className = 'Pixelwise>CaffeArgMax'

  override inferShape([input]: Shape[]): Shape {
    const { axis, top = 1, values = false } = this.config
    if (axis === undefined) return [input[0], top, 1, values ? 2 : 1]
    return input.map((size, i) => (i === axis ? top : size))
  }

  override forward([x]: tf.Tensor[]): tf.Tensor {
    const { axis, top = 1, values = false } = this.config
    if (axis === undefined) {
      const found = largest(tf.reshape(toCaffe(x), [x.shape[0], -1]), top)
      const listed = values ? [found.indices, found.values] : [found.indices]
      return tf.stack(
        listed.map((one) => tf.expandDims(one, 2)),
        3,
      )
    }
    const order = [0, 1, 2, 3].filter((one) => one !== axis)
    const found = largest(tf.transpose(x, [...order, axis]), top)
    const back = [0, 1, 2, 3].map((one) => (one === axis ? 3 : order.indexOf(one)))
    return tf.transpose(values ? found.values : found.indices, back)
  }
}

/** The largest values along the last axis, of equal ones the last first. */
function largest(x: tf.Tensor, top: number): { values: tf.Tensor; indices: tf.Tensor } {
  const last = x.rank - 1
  const { values, indices } = tf.topk(tf.reverse(x, last), top)
  return { values, indices: tf.sub(x.shape[last] - 1, tf.cast(indices, 'float32')) }
}

export const reductionLayer: LayerPlugin<Reduction> = { layer: Reduction, spatialMap: () => null }
export const argMaxLayer: LayerPlugin<ArgMax> = {
  layer: ArgMax,
  spatialMap: ({ config }) => (config.axis === 3 ? identityMap : null),
}
