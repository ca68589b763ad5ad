import { identityMap, type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'

export interface PointwiseConfig {
  /**
   * - `abs`; `bnll`: log(1 + eˣ);
   * - `power`: (shift + scale·x)^exponent;
   * - `exp`: base^(shift + scale·x) and `log`: log_base(shift + scale·x), where base is e when left out;
   * - `threshold`: 1 where x exceeds `limit`, else 0; `clip`: x between `low` and `high`;
   * - `swish`: x·σ(scale·x); `elu`: x, where negative scale·(eˣ − 1).
   */
  readonly operation: 'abs' | 'bnll' | 'power' | 'exp' | 'log' | 'threshold' | 'clip' | 'swish' | 'elu'
  readonly exponent?: number
  readonly scale?: number
  readonly shift?: number
  readonly base?: number
  readonly limit?: number
  readonly low?: number
  readonly high?: number
}

/** A function of each value by itself (Caffe: AbsVal, BNLL, Power, Exp, Log, Threshold, Clip, Swish, ELU); any shape → the same. */
export class Pointwise extends PixelwiseLayer<PointwiseConfig> {
  static readonly className = 'Pixelwise>CaffePointwise'

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: tf.Tensor[]): tf.Tensor {
    const { operation, exponent = 1, scale = 1, shift = 0, base, limit = 0, low, high } = this.config
    const linear = () => tf.add(tf.mul(x, scale), shift)
    switch (operation) {
      case 'abs':
        return tf.abs(x)
      case 'bnll':
        return tf.softplus(x)
      case 'power':
        return power(linear(), exponent)
      case 'exp':
        return tf.exp(base === undefined ? linear() : tf.mul(linear(), Math.log(base)))
      case 'log':
        return base === undefined ? tf.log(linear()) : tf.div(tf.log(linear()), Math.log(base))
      case 'threshold':
        return tf.cast(tf.greater(x, limit), 'float32')
      case 'clip':
        return tf.clipByValue(x, low ?? -largest, high ?? largest)
      case 'elu':
        return tf.add(tf.relu(x), tf.mul(tf.expm1(tf.minimum(x, 0)), scale))
      case 'swish':
        return tf.mul(x, tf.sigmoid(tf.mul(x, scale)))
    }
  }
}

const largest = 3.4028234663852886e38

/** Whole exponents by products: a general power has no gradient where its base is negative. */
function power(x: tf.Tensor, exponent: number): tf.Tensor {
  if (exponent === 1) return x
  if (exponent === 2) return tf.square(x)
  if (exponent === 3) return tf.mul(tf.square(x), x)
  return tf.pow(x, exponent)
}

export const pointwiseLayer: LayerPlugin<Pointwise> = { layer: Pointwise, spatialMap: () => identityMap }
