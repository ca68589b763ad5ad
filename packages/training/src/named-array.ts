/** A tensor at rest: what checkpoints hold of weights and momenta. */
export interface NamedArray {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}
