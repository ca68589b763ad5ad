import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { NamedArray } from './named-array.js'
import type { NamedVariable } from './solver/solver.js'

type LayerWeight = LayersModel['weights'][number]

/** All weights of a model, trainable or not, by the name their layer gave them (`conv1/kernel`). */
export function modelWeights(model: LayersModel): NamedVariable[] {
  return named(model.weights)
}

/**
 * The weights that the model's layers declare trainable, for `bind` of a solver.
 *
 * Throws `training/duplicate-weight` where two have one name.
 */
export function trainableWeights(model: LayersModel): NamedVariable[] {
  return named(model.trainableWeights)
}

/** Copies variables to the host. */
export async function readNamed(variables: readonly NamedVariable[]): Promise<NamedArray[]> {
  return Promise.all(
    variables.map(async ({ name, variable }) => ({
      name,
      shape: [...variable.shape],
      values: Float32Array.from(await variable.data<'float32'>()),
    })),
  )
}

/**
 * Sets variables from stored arrays of the same names and shapes; nothing is changed unless all of them fit.
 *
 * @param kind what is restored, for the error
 * Throws `training/state-mismatch` naming the first array that is missing, extra or of another shape.
 */
export function assignNamed(variables: readonly NamedVariable[], saved: readonly NamedArray[], kind: string): void {
  const byName = new Map(saved.map((array) => [array.name, array]))
  const arrays = variables.map(({ name, variable }) => {
    const array = byName.get(name)
    byName.delete(name)
    if (array === undefined) throw mismatch(`${kind} has no "${name}"`)
    if (array.shape.join() !== variable.shape.join()) {
      throw mismatch(
        `${kind} has "${name}" of shape [${array.shape.join(', ')}], the net has [${variable.shape.join(', ')}]`,
      )
    }
    return array
  })
  const [extra] = byName.keys()
  if (extra !== undefined) throw mismatch(`${kind} has "${extra}", which the net lacks`)
  tf.tidy(() => {
    variables.forEach(({ variable }, i) => {
      variable.assign(tf.tensor(arrays[i].values, variable.shape, variable.dtype as 'float32'))
    })
  })
}

function named(weights: readonly LayerWeight[]): NamedVariable[] {
  const seen = new Set<string>()
  return weights.map((weight) => {
    const name = weight.originalName
    if (seen.has(name)) {
      throw new PixelwiseError('training/duplicate-weight', {
        what: `two weights are called "${name}"`,
        rule: 'multipliers and checkpoints know weights by name',
        next: 'give their layers different names',
      })
    }
    seen.add(name)
    // A layer weight's value is a tf.Variable, though `read` only promises a tensor; tfjs-layers relies on it too.
    return { name, variable: weight.read() as tf.Variable }
  })
}

function mismatch(what: string): PixelwiseError {
  return new PixelwiseError('training/state-mismatch', {
    what,
    rule: 'a checkpoint fits the net and the solver that wrote it, with layers of the same names',
    next: 'rebuild the net as it was, name its layers, or start without the checkpoint',
  })
}
