import { type backend_util, Conv2DBackpropFilter, type TensorInfo } from '@tensorflow/tfjs-core'
import { type WasmKernel, type Workspace, withWorkspace } from '../workspace.js'
import { channelsLastConvolution } from './convolution-geometry.js'

/**
 * The gradient of a convolution by its filter.
 *
 * Every tap's gradient is a matrix product over the output pixels, `xᵀ·dy`, with the image shifted by the tap. The image
 * is transposed once, with the pixels of equal stride phase together. A shift is then only another start address: shifted
 * down, rows run into the next channel only where dy has zero rows; shifted right, each row needs one new last cell, which
 * takes the place of a cell that has gone by.
 *
 * Shapes: x `[N, H, W, C]`, dy `[N, h, w, O]` → `[kh, kw, C, O]`, float32.
 */
export const conv2DBackpropFilter: WasmKernel = {
  name: Conv2DBackpropFilter,
  run({ inputs, attrs, backend }) {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo }
    const convolution = channelsLastConvolution(Conv2DBackpropFilter, attrs, x.shape, attrs['filterShape'] as number[])
    return withWorkspace(backend, (workspace) => filterGradient(workspace, x, dy, gridOf(convolution)))
  },
}

/** The convolution as shifts of whole strides and phases within a stride; its output grid has rows to shift into. */
interface Grid extends backend_util.Conv2DInfo {
  readonly shiftsDown: number
  readonly shiftsRight: number
  readonly phasesDown: number
  readonly phasesAcross: number
  readonly gridHeight: number
  /** Cells of the grid in all images. */
  readonly pixels: number
}

function gridOf(convolution: backend_util.Conv2DInfo): Grid {
  const { filterHeight, filterWidth, strideHeight, strideWidth, outHeight, outWidth, batchSize } = convolution
  const shiftsDown = Math.ceil(filterHeight / strideHeight)
  const gridHeight = outHeight + shiftsDown - 1
  return {
    ...convolution,
    shiftsDown,
    shiftsRight: Math.ceil(filterWidth / strideWidth),
    phasesDown: Math.min(strideHeight, filterHeight),
    phasesAcross: Math.min(strideWidth, filterWidth),
    gridHeight,
    pixels: batchSize * gridHeight * outWidth,
  }
}

function filterGradient(workspace: Workspace, x: TensorInfo, dy: TensorInfo, grid: Grid): TensorInfo {
  const { filterHeight, filterWidth, strideHeight, strideWidth, inChannels, outChannels } = grid
  const filter = workspace.allocate([filterHeight, filterWidth, inChannels, outChannels])
  const gradient = padRows(workspace, dy, grid)
  const channels = transposed(workspace, x, grid)
  for (let right = 0; right < grid.shiftsRight; right++) {
    if (right > 0) writeColumn(workspace.floats(channels), workspace.floats(x), grid, right)
    const across = Math.min(grid.phasesAcross, filterWidth - right * strideWidth)
    for (let down = 0; down < grid.shiftsDown; down++) {
      const phases = Math.min(grid.phasesDown, filterHeight - down * strideHeight)
      // Rows of phases lie together when all columns of phases are wanted.
      const together = across === grid.phasesAcross ? phases : 1
      for (let phase = 0; phase < phases; phase += together) {
        const start = phase * grid.phasesAcross * inChannels * grid.pixels + down * grid.outWidth + right
        const shifted = workspace.alias(channels, start, [1, together * across * inChannels, grid.pixels])
        const taps = workspace.run('BatchMatMul', { a: shifted, b: gradient }, { transposeA: false, transposeB: false })
        const row = down * strideHeight + phase
        writeTaps(workspace, filter, taps, { row, rows: together, column: right * strideWidth, columns: across })
        workspace.free(taps)
        workspace.free(shifted)
      }
    }
  }
  return workspace.keep(filter)
}

/** dy as the matrix `[pixels, O]`, with zero rows below each image. */
function padRows(workspace: Workspace, dy: TensorInfo, grid: Grid): TensorInfo {
  const { batchSize, gridHeight, outHeight, outWidth, outChannels, pixels } = grid
  if (gridHeight === outHeight) return { ...dy, shape: [1, pixels, outChannels] }
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

function writeTaps(
  workspace: Workspace,
  filter: TensorInfo,
  taps: TensorInfo,
  { row, rows, column, columns }: { row: number; rows: number; column: number; columns: number },
): void {
  const [, width, inChannels, outChannels] = filter.shape as [number, number, number, number]
  const tap = inChannels * outChannels
  const source = workspace.floats(taps)
  const target = workspace.floats(filter)
  for (let i = 0; i < rows; i++) {
    target.set(source.subarray(i * columns * tap, (i + 1) * columns * tap), ((row + i) * width + column) * tap)
  }
}

/**
 * x as `[phasesDown, phasesAcross, C, N, gridHeight, outWidth]`, and zeros to shift in at the end: cell (row, column) of
 * a phase is the image at `stride·(row, column) + phase − pad`, zero outside.
 */
function transposed(workspace: Workspace, x: TensorInfo, grid: Grid): TensorInfo {
  const { inChannels, inWidth, outWidth, pixels, strideWidth, phasesDown, phasesAcross } = grid
  const cells = phasesDown * phasesAcross * inChannels * pixels
  const channels = workspace.allocate([cells + (grid.shiftsDown - 1) * outWidth + grid.shiftsRight - 1])
  const source = workspace.floats(x)
  const target = workspace.floats(channels).fill(0, cells)
  forEachRow(grid, (start, image, left) => {
    const inside = image >= 0
    const first = inside ? Math.min(outWidth, Math.max(0, Math.ceil(-left / strideWidth))) : outWidth
    const end = Math.max(first, Math.min(outWidth, Math.ceil((inWidth - left) / strideWidth)))
    clearColumns(target, start, pixels, inChannels, 0, first)
    const from = (image * inWidth + left) * inChannels
    transposeColumns(target, source, start, pixels, from, strideWidth * inChannels, inChannels, first, end)
    clearColumns(target, start, pixels, inChannels, end, outWidth)
  })
  return channels
}

/** Puts the cells that the `right`-th shift brings in at the end of every row. */
function writeColumn(target: Float32Array, x: Float32Array, grid: Grid, right: number): void {
  const { inChannels, inWidth, outWidth, pixels, strideWidth } = grid
  const last = outWidth - 1 + right
  forEachRow(grid, (start, image, left) => {
    const column = left + last * strideWidth
    const inside = image >= 0 && column >= 0 && column < inWidth
    const from = (image * inWidth + column) * inChannels
    for (let channel = 0; channel < inChannels; channel++) {
      target[start + channel * pixels + last] = inside ? x[from + channel]! : 0
    }
  })
}

/**
 * Visits the rows of the transposed image: `start` is the row's place in the first channel, `image` the row of x that it
 * shows, counted through the batch (−1: padding), `left` the column of x under its first cell.
 */
function forEachRow(grid: Grid, visit: (start: number, image: number, left: number) => void): void {
  const { batchSize, inHeight, inChannels, gridHeight, outWidth, pixels, strideHeight, padInfo } = grid
  for (let phaseDown = 0; phaseDown < grid.phasesDown; phaseDown++) {
    for (let phaseAcross = 0; phaseAcross < grid.phasesAcross; phaseAcross++) {
      const phase = (phaseDown * grid.phasesAcross + phaseAcross) * inChannels * pixels
      for (let n = 0; n < batchSize; n++) {
        for (let row = 0; row < gridHeight; row++) {
          const y = row * strideHeight + phaseDown - padInfo.top
          const image = y >= 0 && y < inHeight ? n * inHeight + y : -1
          visit(phase + (n * gridHeight + row) * outWidth, image, phaseAcross - padInfo.left)
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
