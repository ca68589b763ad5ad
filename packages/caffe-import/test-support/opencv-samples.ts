import { readFileSync } from 'node:fs'
import type * as tf from '@tensorflow/tfjs-core'

/** What OpenCV gave for one output: 64 evenly spaced values in Caffe's order. */
export interface Sample {
  readonly shape: readonly number[]
  /** Largest absolute value of the whole output. */
  readonly largest: number
  /** Where the five largest values are. */
  readonly top: readonly number[]
  readonly values: readonly number[]
}

export interface OpenCvFixture {
  readonly opencv: string
  readonly nets: readonly { readonly name: string; readonly runs: readonly (readonly Sample[])[] }[]
}

/** A fixture that oracles/caffe-import/run_opencv.py made. */
export function readFixture(name: string): OpenCvFixture {
  return JSON.parse(readFileSync(new URL(`../src/fixtures/${name}`, import.meta.url), 'utf8'))
}

/** The largest difference from a sample, relative to the largest value; the output is in Caffe's order. */
export function relativeDifference(output: tf.Tensor, { largest, values }: Sample): number {
  const found = output.dataSync()
  const differences = values.map((value, i) => {
    const index = Math.floor((i * (found.length - 1)) / (values.length - 1))
    return Math.abs(found[index] - value)
  })
  return Math.max(...differences) / largest
}
