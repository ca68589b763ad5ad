import * as tf from '@tensorflow/tfjs-core'

/**
 * An operation with a gradient of its own: tfjs's `customGrad`, with types.
 *
 * `gradients` gives one tensor per input, in their order. It may read `dy` and `saved` only: whatever else the forward
 * function made is gone by then.
 */
export function withGradient<
  const Inputs extends readonly tf.Tensor[],
  const Saved extends readonly tf.Tensor[],
  Output extends tf.Tensor,
>(
  inputs: Inputs,
  saved: Saved,
  forward: () => Output,
  gradients: (dy: Output, saved: Saved) => { readonly [I in keyof Inputs]: tf.Tensor },
): Output {
  const operation = tf.customGrad((...args) => {
    // tfjs passes its save function last and gives back, typed as plain tensors, what was saved.
    const save = args[args.length - 1] as tf.GradSaveFunc
    save([...saved])
    return {
      value: forward(),
      gradFunc: (dy, kept) => [...gradients(dy as Output, kept as readonly tf.Tensor[] as Saved)],
    }
  })
  return operation(...inputs) as Output
}
