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
export function arrangedValues(blob: CaffeBlob, arrangement: Arrangement): Float32Array {
  if (arrangement === 'same') return blobValues(blob)
  if ('kernel' in arrangement) return kernelValues(blob, arrangement.kernel)
  return transposedKernelValues(blob, arrangement.transposedKernel)
}

type KernelShape = readonly [outputs: number, inputs: number, height: number, width: number]

/**
 * Turns a block of outputs at a time, each source row read once from front to back: the largest layer of VGG-16 has 103
 * million numbers. Rows lie a few numbers apart from where they would, as rows a multiple of 2 KiB apart share few
 * places in the processor's cache.
 */
function kernelValues(blob: CaffeBlob, [outputs, inputs, height, width]: KernelShape): Float32Array {
  const cells = height * width
  const perOutput = inputs * cells
  const target = new Float32Array(blob.count)
  const block = Math.min(outputs, outputsPerBlock)
  const stride = perOutput < longRow ? perOutput : perOutput + cacheLine
  const rows = new Float32Array(block * stride)
  for (let start = 0; start < outputs; start += block) {
    const count = Math.min(block, outputs - start)
    readRows(blob, rows, { start, count, perOutput, stride })
    for (let input = 0; input < inputs; input++) {
      for (let cell = 0; cell < cells; cell++) {
        const to = (cell * inputs + input) * outputs + start
        let from = input * cells + cell
        for (let output = 0; output < count; output++) {
          target[to + output] = rows[from]
          from += stride
        }
      }
    }
  }
  return target
}

const outputsPerBlock = 64
const cacheLine = 16
const longRow = 512

function readRows(
  blob: CaffeBlob,
  rows: Float32Array,
  { start, count, perOutput, stride }: { start: number; count: number; perOutput: number; stride: number },
): void {
  if (stride === perOutput) {
    blob.readInto(rows.subarray(0, count * perOutput), start * perOutput)
    return
  }
  for (let row = 0; row < count; row++) {
    blob.readInto(rows.subarray(row * stride, row * stride + perOutput), (start + row) * perOutput)
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
