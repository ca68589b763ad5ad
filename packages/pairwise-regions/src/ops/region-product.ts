import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { keptWindow, type ProductCrop } from '../algebra/multiply-pairs.js'
import { multiplyGradientInto, multiplyInto } from '../algebra/product-kernels.js'
import type { ProductShape } from '../algebra/product-terms.js'
import { type SemiringName, semiringOf } from '../algebra/semirings.js'
import { arrayKernel } from './array-kernel.js'
import { offsetsOf } from './pair-channels.js'
import { gradientByShifts, productByShifts } from './product-by-shifts.js'

/** Semiring, origins and window of the product. */
export interface RegionProductOptions {
  /** Default `sumproduct`. */
  readonly semiring?: SemiringName
  /** Origins of the two factors. Default: the centres of their windows. */
  readonly origins?: readonly [number, number]
  /** Which offsets are kept; default `full`. */
  readonly crop?: ProductCrop
}

/**
 * The matrix product of two arrays of pairs: out(x, Δ) = ⊕_δ left(x, δ) ⊗ right(x + δ, Δ − δ).
 *
 * Shapes: `[N, H, W, R₁·R₁]` and `[N, H, W, R₂·R₂]` → `[N, H, W, K·K]`, float32; uncropped, K = R₁ + R₂ − 1 and the
 * origin is the sum of both. Middles outside the grid do not count.
 *
 * Both factors have gradients. In `minplus` and `maxmin` an entry's whole gradient goes along the path that won: of equal
 * ones to that with the first middle in row-major order, and in `maxmin` to its narrower step, of equal ones to the first.
 * Entries that are the semiring's zero pass nothing on. On `cpu` and `wasm` it is one loop over the terms; elsewhere, and
 * while tracing, R₁² rounds of tfjs operations.
 *
 * Throws `regionProduct/wrong-rank`, `/not-square`, `/bad-origin`, `/mismatch`, and `semiring/unknown`.
 * Source: Long 2016, §4.3.2.
 */
export function regionProduct(
  left: tf.Tensor4D,
  right: tf.Tensor4D,
  { semiring = 'sumproduct', origins, crop = 'full' }: RegionProductOptions = {},
): tf.Tensor4D {
  semiringOf(semiring)
  const shape = productShape(left, right, crop, origins)
  const product = tf.customGrad((...args) => {
    const [a, b, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc]
    const value = multiply(a, b, shape, semiring)
    save([a, b, value])
    return { value, gradFunc: (dy, saved) => multiplyGradient(dy, saved, shape, semiring) }
  })
  return product(left, right) as tf.Tensor4D
}

function productShape(
  left: tf.Tensor4D,
  right: tf.Tensor4D,
  crop: ProductCrop,
  given?: readonly [number, number],
): ProductShape {
  const factors = [
    offsetsOf('regionProduct', 'left', left, given?.[0]),
    offsetsOf('regionProduct', 'right', right, given?.[1]),
  ] as const
  const windows = [factors[0].window, factors[1].window] as const
  const origins = [factors[0].origin, factors[1].origin] as const
  const [batch, rows, columns] = left.shape
  if (`${left.shape.slice(0, 3)}` !== `${right.shape.slice(0, 3)}`) {
    throw new PixelwiseError('regionProduct/mismatch', {
      what: `regionProduct: [${left.shape.join(', ')}] and [${right.shape.join(', ')}]`,
      rule: 'both factors must have the same batch and grid',
      next: 'take both from the same pathway',
    })
  }
  return { batch, rows, columns, windows, origins, ...keptWindow(crop, { rows, columns, windows, origins }) }
}

interface KernelAttributes {
  readonly shape: ProductShape
  readonly semiring: SemiringName
}

const productKernel = arrayKernel<KernelAttributes>('RegionProduct', ([left, right], [product], { shape, semiring }) =>
  multiplyInto({ left, right, product }, shape, semiring),
)

const gradientKernel = arrayKernel<KernelAttributes>(
  'RegionProductGradient',
  ([left, right, product, upstream], [ofLeft, ofRight], { shape, semiring }) => {
    ofLeft.fill(0)
    ofRight.fill(0)
    multiplyGradientInto({ left, right, product }, { upstream, left: ofLeft, right: ofRight }, shape, semiring)
  },
)

function multiply(left: tf.Tensor4D, right: tf.Tensor4D, shape: ProductShape, semiring: SemiringName): tf.Tensor4D {
  if (!productKernel.supported()) return productByShifts(left, right, shape, semiring)
  const { batch, rows, columns, window } = shape
  const [product] = productKernel.run([left, right], [[batch, rows, columns, window ** 2]], { shape, semiring })
  return product as tf.Tensor4D
}

function multiplyGradient(
  dy: tf.Tensor,
  saved: readonly tf.Tensor[],
  shape: ProductShape,
  semiring: SemiringName,
): tf.Tensor[] {
  const [left, right, product] = saved as readonly tf.Tensor4D[]
  if (!gradientKernel.supported()) return gradientByShifts(left, right, product, dy as tf.Tensor4D, shape, semiring)
  return gradientKernel.run([left, right, product, dy], [left.shape, right.shape], { shape, semiring })
}
