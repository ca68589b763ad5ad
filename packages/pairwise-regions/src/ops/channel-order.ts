import { withGradient } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'

/** Puts the entries of the last axis into another order: result `k` is entry `order[k]`. Its gradient puts them back. */
export function reorderChannels<T extends tf.Tensor>(x: T, order: readonly number[]): T {
  return withGradient(
    [x],
    [],
    () => gatherLast(x, order),
    (dy) => [gatherLast(dy, inverseOrder(order))],
  )
}

/** The order that puts back what `order` has moved. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse = new Array<number>(order.length)
  for (const [place, from] of order.entries()) inverse[from] = place
  return inverse
}

function gatherLast<T extends tf.Tensor>(x: T, order: readonly number[]): T {
  return tf.tidy(() => tf.gather(x, tf.tensor1d([...order], 'int32'), x.rank - 1))
}
