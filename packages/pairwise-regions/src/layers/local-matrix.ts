import { identityMap, type LayerArguments, type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import { add, type Tensor, type Tensor2D, type Tensor4D, tensor } from '@tensorflow/tfjs-core'
import { initializers } from '@tensorflow/tfjs-layers'
import { localMatrix } from '../ops/local-matrix.js'
import { windowOfLayer } from './window-of-layer.js'

/** Settings of `LocalMatrix`. */
export interface LocalMatrixConfig {
  /** Adds a bias per cell of the window, starting at zero. Default true. */
  readonly bias?: boolean
  /** The matrix starts as the identity plus normal numbers of this deviation. Default 0.01. */
  readonly deviation?: number
  readonly seed?: number
}

/**
 * Multiplies each region by the same learned matrix, `[N, H, W, R·R]` → the same; weights `[R·R, R·R]`, pre-transposed
 * (row m, column k: how entry m of a region counts for entry k of the result), and `[R·R]`.
 *
 * It starts near the identity, so that a net begins as the one without it. After a {@link RegionTranspose} it is what makes
 * regions agree with themselves; directly after a convolution it adds nothing but other learning dynamics.
 *
 * Throws `layer/bad-config` and, where the channels are no square, `layer/wrong-rank`. Source: Long 2016, §4.3.3.
 */
export class LocalMatrix extends PixelwiseLayer<LocalMatrixConfig> {
  static readonly className = 'Pixelwise>LocalMatrix'

  constructor(args: LocalMatrixConfig & LayerArguments = {}) {
    super(args)
    const { deviation = 0.01 } = this.config
    if (deviation >= 0 && Number.isFinite(deviation)) return
    throw new PixelwiseError('layer/bad-config', {
      what: `${this.name}: deviation ${deviation}`,
      rule: 'a deviation is a finite number, 0 or more',
      next: 'take 0 to start with the identity itself',
    })
  }

  override build(inputShape: Shape | Shape[]): void {
    const window = windowOfLayer(this.name, inputShape as Shape)
    const { bias = true, deviation = 0.01, seed = 0 } = this.config
    const start = nearIdentity(deviation, new Rng(seed).split(`${this.name}/matrix`))
    this.addWeight('matrix', [window ** 2, window ** 2], 'float32', start)
    if (bias) this.addWeight('bias', [window ** 2], 'float32', initializers.zeros())
    this.built = true
  }

  override inferShape([pairs]: Shape[]): Shape {
    windowOfLayer(this.name, pairs)
    return pairs
  }

  override forward([pairs]: Tensor[]): Tensor {
    const [matrix, bias] = this.weights.map((weight) => weight.read())
    const product = localMatrix(pairs as Tensor4D, matrix as Tensor2D)
    return bias === undefined ? product : add(product, bias)
  }
}

/** What tfjs's `addWeight` asks of an initializer. */
type Initializer = ReturnType<typeof initializers.zeros>

/** I + N(0, deviation²). */
function nearIdentity(deviation: number, rng: Rng): Initializer {
  const apply = ([size]: number[]) => {
    const values = Float32Array.from({ length: size * size }, () => rng.normal(0, deviation))
    for (let k = 0; k < size; k++) values[k * size + k] += 1
    return tensor(values, [size, size], 'float32')
  }
  // tfjs calls nothing but `apply`.
  return { apply } satisfies { apply(shape: number[]): Tensor } as unknown as Initializer
}

export const localMatrixLayer: LayerPlugin<LocalMatrix> = {
  layer: LocalMatrix,
  // Each region sees itself only; that its entries speak about other cells is known to the transpose.
  spatialMap: () => identityMap,
  multiplyAdds: (layer, _inputs, [, height, width]) => {
    const [size] = layer.weights[0].shape as number[]
    return (height ?? Number.NaN) * (width ?? Number.NaN) * size * size
  },
}
