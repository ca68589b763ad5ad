import { type backend_util, Conv2DBackpropFilter, type TensorInfo } from '@tensorflow/tfjs-core'
import { type WasmKernel, type Workspace, withWorkspace } from '../workspace.js'
import { channelsLastConvolution } from './convolution-geometry.js'

/**
 * The gradient of a convolution by its filter.
 *
 * Every tap's gradient is a matrix product over the output pixels, `xᵀ·dy`, with the image shifted by the tap. The image
 * is transposed once per horizontal shift, with the pixels of equal stride phase together; a vertical shift then is
 * only another start address, since dy carries zero rows where the shifted image runs into the next channel.
 *
 * Shapes: x `[N, H, W, C]`, dy `[N, h, w, O]` → `[kh, kw, C, O]`, float32.
 */
export const conv2DBackpropFilter: WasmKernel = {
  name: Conv2DBackpropFilter,
  run({ inputs, attrs, backend }) {
    const x = inputs['x']!
    const dy = inputs['dy']!
    const convolution = channelsLastConvolution(Conv2DBackpropFilter, attrs, x.shape, attrs['filterShape'] as number[])
    return withWorkspace(backend, (workspace) => filterGradient(workspace, x, dy, convolution))
  },
}

function filterGradient(
  workspace: Workspace,
  x: TensorInfo,
  dy: TensorInfo,
  convolution: backend_util.Conv2DInfo,
): TensorInfo {
  const { filterHeight, filterWidth, strideHeight, strideWidth, inChannels, outChannels } = convolution
  const filter = workspace.allocate([filterHeight, filterWidth, inChannels, outChannels])
  const shiftsDown = Math.ceil(filterHeight / strideHeight)
  const shiftsRight = Math.ceil(filterWidth / strideWidth)
  const grid: Grid = {
    ...convolution,
    gridHeight: convolution.outHeight + shiftsDown - 1,
    phasesDown: Math.min(strideHeight, filterHeight),
  }
  const pixels = grid.batchSize * grid.gridHeight * grid.outWidth
  const phasesAcross = Math.min(strideWidth, filterWidth)
  // The tail lets the last channel be shifted too.
  const tail = (shiftsDown - 1) * grid.outWidth
  const channels = workspace.zeros([grid.phasesDown * phasesAcross * inChannels * pixels + tail])
  const gradient = padRows(workspace, dy, grid, pixels)
  for (let right = 0; right < shiftsRight; right++) {
    const across = Math.min(phasesAcross, filterWidth - right * strideWidth)
    writeChannels(workspace.floats(channels), workspace.floats(x), grid, right, across)
    for (let down = 0; down < shiftsDown; down++) {
      const phases = Math.min(grid.phasesDown, filterHeight - down * strideHeight)
      const rows = phases * across * inChannels
      const shifted = workspace.alias(channels, down * grid.outWidth, [1, rows, pixels])
      const product = workspace.run(
        'BatchMatMul',
        { a: shifted, b: gradient },
        { transposeA: false, transposeB: false },
      )
      const taps = workspace.floats(product)
      const target = workspace.floats(filter)
      const length = across * inChannels * outChannels
      for (let phase = 0; phase < phases; phase++) {
        const row = down * strideHeight + phase
        const column = right * strideWidth
        const values = taps.subarray(phase * length, (phase + 1) * length)
        target.set(values, (row * filterWidth + column) * inChannels * outChannels)
      }
      workspace.free(product)
      workspace.free(shifted)
    }
  }
  return workspace.keep(filter)
}

/** The convolution, with its output grid made taller so that vertical shifts stay inside it. */
interface Grid extends backend_util.Conv2DInfo {
  readonly gridHeight: number
  readonly phasesDown: number
}

/** dy as the matrix `[pixels, O]`, with zero rows below each image. */
function padRows(workspace: Workspace, dy: TensorInfo, grid: Grid, pixels: number): TensorInfo {
  const { batchSize, gridHeight, outHeight, outWidth, outChannels } = grid
  const padded = workspace.allocate([1, pixels, outChannels])
  const source = workspace.floats(dy)
  const target = workspace.floats(padded)
  const image = outHeight * outWidth * outChannels
  const space = gridHeight * outWidth * outChannels
  for (let n = 0; n < batchSize; n++) {
    target.set(source.subarray(n * image, (n + 1) * image), n * space)
    target.fill(0, n * space + image, (n + 1) * space)
  }
  return padded
}

/**
 * Writes x as `[phasesDown, across, C, N, gridHeight, outWidth]`: cell (row, column) of a phase is the image at
 * `stride·(row, column + right) + phase − pad`, zero outside.
 */
function writeChannels(target: Float32Array, x: Float32Array, grid: Grid, right: number, across: number): void {
  const { batchSize, inHeight, inWidth, inChannels, gridHeight, outWidth, phasesDown } = grid
  const { strideHeight, strideWidth, padInfo } = grid
  const plane = batchSize * gridHeight * outWidth
  for (let phaseDown = 0; phaseDown < phasesDown; phaseDown++) {
    for (let phaseAcross = 0; phaseAcross < across; phaseAcross++) {
      const phase = (phaseDown * across + phaseAcross) * inChannels * plane
      const left = right * strideWidth + phaseAcross - padInfo.left
      const first = Math.min(outWidth, Math.max(0, Math.ceil(-left / strideWidth)))
      const end = Math.max(first, Math.min(outWidth, Math.ceil((inWidth - left) / strideWidth)))
      for (let n = 0; n < batchSize; n++) {
        for (let row = 0; row < gridHeight; row++) {
          const y = row * strideHeight + phaseDown - padInfo.top
          const start = phase + (n * gridHeight + row) * outWidth
          const inside = y >= 0 && y < inHeight
          const source = ((n * inHeight + y) * inWidth + left) * inChannels
          clearColumns(target, start, plane, inChannels, 0, inside ? first : outWidth)
          if (!inside) continue
          transposeColumns(target, x, start, plane, source, strideWidth * inChannels, inChannels, first, end)
          clearColumns(target, start, plane, inChannels, end, outWidth)
        }
      }
    }
  }
}

function clearColumns(
  target: Float32Array,
  start: number,
  plane: number,
  channels: number,
  from: number,
  to: number,
): void {
  if (from >= to) return
  for (let channel = 0; channel < channels; channel++) {
    const line = start + channel * plane
    for (let column = from; column < to; column++) target[line + column] = 0
  }
}

/** A tile of this many columns and channels stays in the first-level cache while it is transposed. */
const tile = 16

function transposeColumns(
  target: Float32Array,
  x: Float32Array,
  start: number,
  plane: number,
  source: number,
  step: number,
  channels: number,
  first: number,
  end: number,
): void {
  for (let left = first; left < end; left += tile) {
    const right = Math.min(end, left + tile)
    for (let channel = 0; channel < channels; channel++) {
      const line = start + channel * plane
      for (let column = left; column < right; column++) target[line + column] = x[source + column * step + channel]!
    }
  }
}
