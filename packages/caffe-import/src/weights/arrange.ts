import { blobValues, type CaffeBlob } from './weight-source.js'

/** How Caffe's numbers are laid out in a weight of ours. */
export type Arrangement =
  /** The same order. */
  | 'same'
  /** `[O, I, H, W]` → `[H, W, I, O]`: kernels, and fully connected weights `[O, I·H·W]`. */
  | { readonly kernel: readonly [outputs: number, inputs: number, height: number, width: number] }
  /** `[I, H, W, O]` → `[H, W, I, O]`: fully connected weights stored transposed. */
  | { readonly transposedKernel: readonly [outputs: number, inputs: number, height: number, width: number] }

/** The values of a blob in the order of a weight of ours; reads and writes each number once. */
export function arrangedValues(blob: CaffeBlob, arrangement: Arrangement, scratch = new Scratch()): Float32Array {
  if (arrangement === 'same') return blobValues(blob)
  if ('kernel' in arrangement) return kernelValues(blob, arrangement.kernel, scratch)
  return transposedKernelValues(blob, arrangement.transposedKernel)
}

/** An array for intermediate values that serves one blob after the other: fresh memory takes longer than its use. */
export class Scratch {
  #values = new Float32Array(0)

  take(length: number): Float32Array {
    if (this.#values.length < length) this.#values = new Float32Array(length)
    return this.#values
  }
}

type KernelShape = readonly [outputs: number, inputs: number, height: number, width: number]

/**
 * Turns a piece of the blob at a time, so that its rows (one per output) stay in the processor's cache: the largest layer
 * of VGG-16 has 103 million numbers. What lies one below the other in a piece is written side by side, and takes turns
 * with places megabytes away; the more outputs a piece has, the fewer such jumps.
 */
function kernelValues(blob: CaffeBlob, shape: KernelShape, scratch: Scratch): Float32Array {
  const [outputs, inputs, height, width] = shape
  const perOutput = inputs * height * width
  const target = new Float32Array(blob.count)
  const mostRows = Math.min(outputs, rowsPerPiece)
  const mostColumns = Math.min(perOutput, Math.floor(valuesPerPiece / mostRows))
  for (let output = 0; output < outputs; output += mostRows) {
    for (let first = 0; first < perOutput; first += mostColumns) {
      const size = [Math.min(mostRows, outputs - output), Math.min(mostColumns, perOutput - first)] as const
      turnPiece(readPiece(blob, perOutput, { output, first, size }, scratch), shape, target)
    }
  }
  return target
}

const rowsPerPiece = 512
const valuesPerPiece = 1.5 * 2 ** 20

/** Where a piece lies: outputs from `output` on, and of each the numbers from `first` on. */
interface Place {
  readonly output: number
  readonly first: number
  readonly size: readonly [rows: number, columns: number]
}

/** Part of a blob: some numbers of some outputs, row after row with `stride` between the starts of two. */
interface Piece extends Place {
  readonly rows: Float32Array
  readonly stride: number
}

function readPiece(blob: CaffeBlob, perOutput: number, place: Place, scratch: Scratch): Piece {
  const { output, first } = place
  const [count, columns] = place.size
  const stride = columns < longRow ? columns : columns + cacheLine
  const rows = scratch.take(count * stride)
  if (stride === perOutput) blob.readInto(rows.subarray(0, count * perOutput), output * perOutput)
  else {
    for (let row = 0; row < count; row++) {
      blob.readInto(rows.subarray(row * stride, row * stride + columns), (output + row) * perOutput + first)
    }
  }
  return { ...place, rows, stride }
}

/** Rows a multiple of 2 KiB apart would share few places in the processor's cache, so long ones lie further apart. */
const longRow = 512
const cacheLine = 16

/** Writes each column of a piece, the numbers of its outputs at one cell of one input, where they lie side by side. */
function turnPiece({ rows, stride, output, first, size }: Piece, shape: KernelShape, target: Float32Array): void {
  const [outputs, inputs, height, width] = shape
  const cells = height * width
  const [count, columns] = size
  let input = Math.floor(first / cells)
  let cell = first % cells
  for (let column = 0; column < columns; column++) {
    gather(rows, column, stride, target, (cell * inputs + input) * outputs + output, count)
    cell += 1
    if (cell === cells) {
      cell = 0
      input += 1
    }
  }
}

/** Copies `count` numbers that are `stride` apart; four per round, as a round costs about as much as a number. */
function gather(
  source: Float32Array,
  from: number,
  stride: number,
  target: Float32Array,
  to: number,
  count: number,
): void {
  const end = to + count
  const endOfRounds = end - (count % 4)
  let place = to
  let [a, b, c, d] = [from, from + stride, from + 2 * stride, from + 3 * stride]
  for (; place < endOfRounds; place += 4) {
    target[place] = source[a]
    target[place + 1] = source[b]
    target[place + 2] = source[c]
    target[place + 3] = source[d]
    a += 4 * stride
    b += 4 * stride
    c += 4 * stride
    d += 4 * stride
  }
  for (; place < end; place++) {
    target[place] = source[a]
    a += stride
  }
}

function transposedKernelValues(blob: CaffeBlob, [outputs, inputs, height, width]: KernelShape): Float32Array {
  const cells = height * width
  const target = new Float32Array(blob.count)
  for (let input = 0; input < inputs; input++) {
    for (let cell = 0; cell < cells; cell++) {
      const to = (cell * inputs + input) * outputs
      blob.readInto(target.subarray(to, to + outputs), (input * cells + cell) * outputs)
    }
  }
  return target
}
