import { convolution } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { inverseOrder, reorderChannels } from './channel-order.js'

export interface SubsampledRegionsOptions {
  /** Origin of the result. */
  readonly origin: number
  /** Every so many cells, in rows and in columns, one is the centre of a region. */
  readonly step: number
}

/**
 * The region transpose of a convolution, for the centres of every `step`-th row and column only: what a transpose of the
 * whole and then dropping regions gives, at 1/step² of its products.
 *
 * A region about cell `step·c` reads, for its offset i, filter `R − 1 − i` under the cell `step·c + i − origin`. Offsets
 * that lie a multiple of `step` apart look at cells of one phase; so there are step² convolutions with stride `step`,
 * one for each phase of cells and with its share of the filters, whose results are then moved to their regions.
 *
 * Shapes: features `[N, H, W, C]`, kernel `[k, k, C, R²]`, bias `[R²]` → `[N, ⌈H/step⌉, ⌈W/step⌉, R²]`, float32; entries
 * about cells outside of the grid are 0. Source: Long 2016, §4.4.5 (density) and §4.3.3.
 */
export function subsampledRegions(
  features: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D,
  { origin, step }: SubsampledRegionsOptions,
): tf.Tensor4D {
  return tf.tidy(() => {
    const window = Math.sqrt(bias.size)
    const [, height, width] = features.shape
    const grid = [Math.ceil(height / step), Math.ceil(width / step)] as const
    const phases = phasesOf(window, { origin, step })
    const pairs = phases.flatMap((rows) => phases.map((columns) => ({ rows, columns })))
    const offsets = pairs.flatMap(({ rows, columns }) =>
      rows.offsets.flatMap((i) => columns.offsets.map((j) => i * window + j)),
    )
    const filters = offsets.map((offset) => window * window - 1 - offset)
    const sortedKernel = reorderChannels(kernel, filters)
    const sortedBias = reorderChannels(bias, filters)
    let begin = 0
    const blocks = pairs.map(({ rows, columns }) => {
      const count = rows.offsets.length * columns.offsets.length
      const filter = tf.slice(sortedKernel, [0, 0, 0, begin], [-1, -1, -1, count])
      const shift = tf.slice(sortedBias, [begin], [count])
      begin += count
      const found = strided(features, filter, shift, [rows.cell, columns.cell], step)
      return moved(found, rows, columns, grid)
    })
    return reorderChannels(tf.concat(blocks, 3), inverseOrder(offsets))
  })
}

/** Products of {@link subsampledRegions} for one image. */
export function subsampledProducts(
  [height, width, channels]: readonly [number, number, number],
  { kernel, window, origin, step }: SubsampledRegionsOptions & { readonly kernel: number; readonly window: number },
): number {
  const phases = phasesOf(window, { origin, step })
  const along = (length: number) =>
    phases.reduce((sum, { cell, offsets }) => sum + cellsOf(length, cell, step) * offsets.length, 0)
  return along(height) * along(width) * kernel * kernel * channels
}

/** Along one axis: the offsets of a window that look at cells of one phase. */
interface Phase {
  /** The first cell of the phase; the next one lies `step` further. */
  readonly cell: number
  readonly offsets: readonly number[]
  /** What the first offset looks at, counted in cells of the phase from that of the region. */
  readonly first: number
}

function phasesOf(window: number, { origin, step }: SubsampledRegionsOptions): Phase[] {
  return Array.from({ length: step }, (_, cell) => {
    const start = (cell + origin) % step
    const offsets = Array.from({ length: Math.max(0, Math.ceil((window - start) / step)) }, (_, t) => start + t * step)
    return { cell, offsets, first: Math.floor((start - origin) / step) }
  }).filter(({ offsets }) => offsets.length > 0)
}

function cellsOf(length: number, cell: number, step: number): number {
  return Math.max(0, Math.ceil((length - cell) / step))
}

/** The convolution at the cells of one phase: `[N, cells of the phase, …, filters]`. */
function strided(
  features: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D,
  cells: readonly [number, number],
  step: number,
): tf.Tensor4D {
  const [batch, height, width] = features.shape
  const radius = (filter.shape[0] - 1) / 2
  const counts = [cellsOf(height, cells[0], step), cellsOf(width, cells[1], step)]
  if (counts.includes(0)) return tf.zeros([batch, counts[0], counts[1], bias.size])
  const axes = ([height, width] as const).map((length, axis) => {
    const begin = cells[axis] - radius
    const end = cells[axis] + step * (counts[axis] - 1) + radius + 1
    const [from, to] = [Math.max(0, begin), Math.min(length, end)]
    return { from, size: to - from, before: Math.max(0, -begin), after: Math.max(0, end - length) }
  })
  const [rows, columns] = axes
  const isWhole = rows.size === height && columns.size === width
  const part = isWhole
    ? features
    : tf.slice(features, [0, rows.from, columns.from, 0], [-1, rows.size, columns.size, -1])
  const pad = { top: rows.before, bottom: rows.after, left: columns.before, right: columns.after }
  return tf.add(convolution(part, filter, { stride: step, pad }), bias)
}

/** `[N, cells, cells, offsets]` → `[N, rows, columns, offsets]`: to the regions that look at these cells. */
function moved(
  found: tf.Tensor4D,
  rows: Phase,
  columns: Phase,
  [height, width]: readonly [number, number],
): tf.Tensor4D {
  const [batch, cellRows, cellColumns] = found.shape
  const [rowOffsets, columnOffsets] = [rows.offsets.length, columns.offsets.length]
  const apart = tf.reshape(found, [batch, cellRows, cellColumns, rowOffsets, columnOffsets])
  const byRow = tf.reshape<tf.Rank.R4>(tf.transpose(apart, [0, 3, 1, 2, 4]), [
    batch,
    rowOffsets,
    cellRows,
    cellColumns * columnOffsets,
  ])
  const lines = batch * rowOffsets * height
  const inRows = tf.reshape(skew(byRow, rows.first, height), [lines, cellColumns, columnOffsets])
  const byColumn = tf.reshape<tf.Rank.R4>(tf.transpose(inRows, [0, 2, 1]), [lines, columnOffsets, cellColumns, 1])
  const inColumns = tf.reshape(skew(byColumn, columns.first, width), [batch, rowOffsets, height, columnOffsets, width])
  return tf.reshape(tf.transpose(inColumns, [0, 2, 4, 1, 3]), [batch, height, width, rowOffsets * columnOffsets])
}

/**
 * `[N, offsets, cells, rest]` → `[N, offsets, regions, rest]`: region c takes of offset t what stands at cell
 * `c + first + t`, 0 outside. With lines of `regions + offsets − 1` cells laid end to end, reading lines that are one
 * longer moves each by one cell more than the one before.
 */
function skew(planes: tf.Tensor4D, first: number, regions: number): tf.Tensor4D {
  const [batch, offsets, cells, rest] = planes.shape
  const length = regions + offsets - 1
  const begin = Math.max(0, first)
  const end = Math.min(cells, first + length)
  if (end <= begin) return tf.zeros([batch, offsets, regions, rest])
  const part = tf.slice(planes, [0, 0, begin, 0], [-1, -1, end - begin, -1])
  const padded = tf.pad(part, [
    [0, 0],
    [0, 0],
    [begin - first, first + length - end],
    [0, 0],
  ])
  const longer = tf.pad(tf.reshape(padded, [batch, offsets * length, rest]), [
    [0, 0],
    [0, offsets],
    [0, 0],
  ])
  const lines = tf.reshape<tf.Rank.R4>(longer, [batch, offsets, length + 1, rest])
  return tf.slice(lines, [0, 0, 0, 0], [-1, -1, regions, -1])
}
