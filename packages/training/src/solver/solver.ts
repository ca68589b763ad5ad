import type { Tensor, Variable } from '@tensorflow/tfjs-core'
import type { NamedArray } from '../named-array.js'

/** An update rule and its settings; `bind` attaches it to the weights of one net. */
export interface Solver {
  /** Batches whose gradients are averaged into one update. */
  readonly iterSize: number
  /** Makes the state variables for the weights of one net; the caller disposes them. */
  bind(weights: readonly NamedVariable[]): BoundSolver
}

/** A weight and the name that multipliers and checkpoints know it by (`score/kernel`). */
export interface NamedVariable {
  readonly name: string
  readonly variable: Variable
}

/** An update rule at work on one net. Owns its state variables until `dispose`. */
export interface BoundSolver {
  /** The weights that learn: those given, less those whose learning rate multiplier is 0. */
  readonly variables: readonly Variable[]
  /** Everything the rule remembers or reads, as variables, so that an engine can compile the rule. */
  readonly state: readonly Variable[]
  /** Sets the learning rate of the step that follows `iteration` finished ones, and returns it. At first it is that of 0. */
  begin(iteration: number): number
  /** Adds the gradients of one of the first `iterSize − 1` batches of a step. */
  accumulate(gradients: readonly Tensor[]): void
  /** Updates the weights with the gradients of the last batch of a step and those accumulated before. */
  update(gradients: readonly Tensor[]): void
  /** The momenta, to be stored between steps. */
  save(): Promise<NamedArray[]>
  /** Takes the momenta that `save` gave. Throws `training/state-mismatch`. */
  restore(saved: readonly NamedArray[]): void
  /** Frees the state variables; the weights stay. */
  dispose(): void
}
