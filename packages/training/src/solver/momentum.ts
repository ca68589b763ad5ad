import { PixelwiseError } from '@pixelwise/masks/shared'

/**
 * The momentum p′ that makes batches of `to` examples weigh the past like batches of `from` with momentum p:
 * p^(1/from) = p′^(1/to).
 *
 * 0.9 with 20 images a step is 0.9^(1/20) ≈ 0.9947 with one image a step, which learns smoother and updates more often.
 * The sum of all weights changes with it: see {@link exampleWeights}.
 * Throws `training/bad-momentum`. Source: Long 2016, §1.1.2.
 *
 * @example
 * equivalentMomentum(0.9, { from: 20, to: 1 }) // 0.99474…
 */
export function equivalentMomentum(
  momentum: number,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  requireMomentum(momentum)
  requireBatch(from)
  requireBatch(to)
  return momentum ** (to / from)
}

/**
 * How much each of the last `count` examples weighs in one update, the latest first: p^⌊j/k⌋ for momentum p and batches
 * of k examples, times the learning rate.
 *
 * Throws `training/bad-momentum`. Source: Long 2016, §1.1.2 and Figure 1.1.
 */
export function exampleWeights(momentum: number, batchSize: number, count: number): Float64Array {
  requireMomentum(momentum)
  requireBatch(batchSize)
  return Float64Array.from({ length: count }, (_, j) => momentum ** Math.floor(j / batchSize))
}

function requireMomentum(momentum: number): void {
  if (momentum >= 0 && momentum < 1) return
  throw badMomentum(`momentum ${momentum}`, 'a momentum is 0 ≤ p < 1')
}

function requireBatch(size: number): void {
  if (Number.isInteger(size) && size >= 1) return
  throw badMomentum(`a batch of ${size} examples`, 'a batch has a whole number of examples, at least 1')
}

function badMomentum(what: string, rule: string): PixelwiseError {
  return new PixelwiseError('training/bad-momentum', {
    what,
    rule,
    next: 'for example equivalentMomentum(0.9, { from: 20, to: 1 })',
  })
}
