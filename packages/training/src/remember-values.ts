import * as tf from '@tensorflow/tfjs-core'

/** The values that variables had, to go back to. */
export interface RememberedValues {
  restore(): void
  dispose(): void
}

/**
 * Remembers what variables hold, without copying: assigning a variable swaps its data, and the old data lives on as long
 * as something refers to it. A tensor of the same shape does, on every backend, whereas a clone copies on some.
 */
export function rememberValues(variables: readonly tf.Variable[]): RememberedValues {
  const values = variables.map((variable) => tf.reshape(variable, variable.shape))
  return {
    restore: () => {
      for (const [i, variable] of variables.entries()) variable.assign(values[i])
    },
    dispose: () => tf.dispose(values),
  }
}
