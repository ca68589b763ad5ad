import { expect, test } from 'vitest'
import { type Arrangement, arrangedValues, Scratch } from './arrange.js'
import { arrayBlob } from './weight-source.js'

type KernelShape = readonly [outputs: number, inputs: number, height: number, width: number]

/** Where each of our numbers, `[H, W, I, O]`, stands in Caffe's order. */
function placesInCaffe(
  [outputs, inputs, height, width]: KernelShape,
  place: (output: number, input: number, cell: number) => number,
): Int32Array {
  const cells = height * width
  return Int32Array.from({ length: outputs * inputs * cells }, (_, i) => {
    const output = i % outputs
    const input = Math.floor(i / outputs) % inputs
    return place(output, input, Math.floor(i / outputs / inputs))
  })
}

// The last one takes several pieces, of which the last are smaller, and rounds that do not come out even.
test.each<KernelShape>([
  [1, 1, 1, 1],
  [3, 2, 1, 1],
  [6, 5, 3, 2],
  [7, 600, 1, 1],
  [9, 6, 3, 3],
  [515, 63, 7, 7],
])('kernels of shape %i×%i×%i×%i are turned from outputs first to outputs last', (...shape) => {
  const [outputs, inputs, height, width] = shape
  const cells = height * width
  const numbers = Float32Array.from({ length: outputs * inputs * cells }, (_, i) => i)
  const blob = arrayBlob(shape, numbers)
  const scratch = new Scratch()
  // `toEqual` takes a minute for millions of numbers.
  const firstWrong = (arrangement: Arrangement, expected: Int32Array) =>
    arrangedValues(blob, arrangement, scratch).findIndex((value, i) => value !== expected[i])

  const outputsFirst = placesInCaffe(shape, (output, input, cell) => (output * inputs + input) * cells + cell)
  expect(firstWrong({ kernel: shape }, outputsFirst)).toBe(-1)
  const outputsLast = placesInCaffe(shape, (output, input, cell) => (input * cells + cell) * outputs + output)
  expect(firstWrong({ transposedKernel: shape }, outputsLast)).toBe(-1)
  expect(firstWrong('same', new Int32Array(numbers))).toBe(-1)
})
