import type * as tf from '@tensorflow/tfjs-core'

/** Every kernel is held against tfjs's cpu backend, which we did not write, on random tensors. */
export interface Input {
  readonly values: number[]
  readonly shape: number[]
  readonly dtype: tf.NumericDataType | 'bool'
}

// biome-ignore lint/suspicious/noExplicitAny: each case knows the ranks of its inputs.
export type Compute = (...inputs: any[]) => tf.Tensor | tf.Tensor[]

/** Uniform in −1..1. */
export function floats(...shape: number[]): Input
/** Uniform in −2..−1: where a maximum that starts from the smallest positive number goes wrong. */
export function negatives(...shape: number[]): Input
/** Uniform in `low..high − 1`. */
export function integers(low: number, high: number, ...shape: number[]): Input
export function truths(...shape: number[]): Input

/** What a computation yields on a backend. */
export function compute(
  backend: 'cpu' | 'wasm',
  inputs: Input[],
  f: Compute,
): Promise<{ shape: number[]; dtype: string; values: number[] }[]>

/**
 * Expects shapes, types and values of the cpu backend from the wasm backend, and no memory left behind. Float32 sums of
 * up to a thousand terms of size one, added in another order, differ by some 1e-5.
 */
export function expectAgreement(inputs: Input[], f: Compute, tolerance?: number): Promise<void>

/** Expects the gradient of a linear function on the wasm backend to be the transpose of the function. */
export function expectTranspose(input: Input, f: Compute, tolerance?: number): Promise<void>

/** The gradients by all inputs under a fixed, uneven output gradient: ones would hide a misplaced output. */
export function gradients(f: Compute): Compute
