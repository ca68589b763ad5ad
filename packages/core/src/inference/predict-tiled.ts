import type { LabelMap, Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { slice, type Tensor4D } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { PreparedModel } from '../engine.js'
import { at, type PerAxis } from '../geometry/spatial-map.js'
import { checkPreprocessing } from '../model/model-description.js'
import type { Preprocessing } from '../preprocessing.js'
import type { LayerRegistry } from '../registry/layer-registry.js'
import { labelsOf, scoresOfBatch } from './predict.js'
import { checkOneInput, checkOutput, type EngineOptions, type RunImages, withPrepared } from './predict-tensor.js'
import { checkRaster } from './preprocess.js'
import { checkSameGeometry, type Size, tileNeeds } from './tile-needs.js'
import { planTiles, type TileSpan } from './tile-plan.js'

/** How an image is prepared and cut into tiles. */
export interface TileOptions extends EngineOptions {
  /** What the net expects; comes with the model folder. */
  readonly preprocessing: Preprocessing
  /** The plugins of the model's layers; they know where each layer looks. */
  readonly layers: LayerRegistry
  /** Largest height and width of a tile, pixels; the net's memory is that of one tile. */
  readonly tile: PerAxis
  /**
   * Pixels dropped at each cut. Unless told, all that the net sees around a pixel, which makes the result exact; fewer
   * save time and leave errors near the cuts.
   */
  readonly overlap?: number
  /** The same model, prepared already: serves many images. Otherwise it is prepared and freed for each. */
  readonly prepared?: PreparedModel
  /** Called after each tile with the fraction of tiles that are done. */
  readonly onProgress?: (fraction: number) => void
}

/**
 * Labels every pixel of an image too large to be run at once; equal to `predictLabels` on the whole image, up to ties
 * within rounding.
 *
 * Runs tile by tile; in memory are one tile's tensors and the label map. No tensor is left behind.
 *
 * Throws the errors of `predictLabels` and `tiling/…`: tile-too-small, no-position, not-pixelwise, size-dependent, overlap.
 */
export async function predictTiledLabels(model: LayersModel, raster: Raster, options: TileOptions): Promise<LabelMap> {
  const { height, width } = raster
  let labels: Uint8Array | Uint16Array | undefined
  await forEachTile(model, raster, options, async (scores, rows, columns) => {
    const [part] = await labelsOf(scores)
    labels ??= part.labels instanceof Uint8Array ? new Uint8Array(height * width) : new Uint16Array(height * width)
    copyRows(part.labels, labels, rows, columns, width, 1)
  })
  return { height, width, labels: labels! } // there is at least one tile
}

/** Scores of every class at every pixel of a large image, float32, one channel per class. As {@link predictTiledLabels}. */
export async function predictTiledScores(
  model: LayersModel,
  raster: Raster,
  options: TileOptions,
): Promise<Raster<Float32Array>> {
  const { height, width } = raster
  let data: Float32Array | undefined
  let channels = 0
  await forEachTile(model, raster, options, async (scores, rows, columns) => {
    channels = scores.shape[3]
    data ??= new Float32Array(height * width * channels)
    copyRows((await scores.data()) as Float32Array, data, rows, columns, width, channels)
  })
  return { height, width, channels, data: data! } // there is at least one tile
}

/** Hands the kept part of each tile's scores to `use`, row of tiles by row of tiles, and frees it afterwards. */
async function forEachTile(
  model: LayersModel,
  raster: Raster,
  options: TileOptions,
  use: (scores: Tensor4D, rows: TileSpan, columns: TileSpan) => Promise<void>,
): Promise<void> {
  checkOneInput(model)
  checkOutput(options.output ?? 0, model.outputs.length)
  checkRaster(raster, checkPreprocessing(options.preprocessing, 'predict').inputKind)
  const [rowSpans, columnSpans] = tilesOf(model, raster, options)
  let done = 0
  await withPrepared(options.prepared ?? model, options, async (run) => {
    for (const rows of rowSpans) {
      for (const columns of columnSpans) {
        const scores = await keptScores(run, raster, rows, columns, options.preprocessing)
        try {
          await use(scores, rows, columns)
        } finally {
          scores.dispose()
        }
        done++
        options.onProgress?.(done / (rowSpans.length * columnSpans.length))
      }
    }
  })
}

function tilesOf(model: LayersModel, raster: Raster, options: TileOptions): [TileSpan[], TileSpan[]] {
  const size: Size = [raster.height, raster.width]
  const tile: Size = [checkTile(at(options.tile, 0)), checkTile(at(options.tile, 1))]
  const whole = ([0, 1] as const).map((axis) => planWhole(size[axis]))
  if (size[0] <= tile[0] && size[1] <= tile[1]) return [whole[0], whole[1]]
  const { layers, output = 0, overlap } = options
  const needs = tileNeeds(model, output, size, layers).map((axis) =>
    overlap === undefined ? axis : { ...axis, before: checkOverlap(overlap), after: overlap },
  )
  const [rows, columns] = ([0, 1] as const).map((axis) => planTiles(size[axis], tile[axis], needs[axis]))
  checkSameGeometry(model, output, size, [rows[0].length, columns[0].length], layers)
  return [rows, columns]
}

function planWhole(size: number): TileSpan[] {
  return [{ start: 0, length: size, from: 0, to: size }]
}

function checkTile(tile: number): number {
  if (Number.isInteger(tile) && tile >= 1) return tile
  throw new PixelwiseError('tiling/tile-too-small', {
    what: `tiles of ${tile} pixels`,
    rule: 'a tile has a whole number of pixels',
    next: 'choose the largest that fits in memory, for example 1024',
  })
}

function checkOverlap(overlap: number): number {
  if (Number.isInteger(overlap) && overlap >= 0) return overlap
  throw new PixelwiseError('tiling/overlap', {
    what: `an overlap of ${overlap} pixels`,
    rule: 'it is a whole number of pixels, 0 or more',
    next: 'leave it out for exact seams',
  })
}

async function keptScores(
  run: RunImages,
  raster: Raster,
  rows: TileSpan,
  columns: TileSpan,
  preprocessing: Preprocessing,
): Promise<Tensor4D> {
  const scores = await scoresOfBatch(run, [cut(raster, rows, columns)], preprocessing)
  try {
    const [, , , classes] = scores.shape
    return slice(
      scores,
      [0, rows.from - rows.start, columns.from - columns.start, 0],
      [1, rows.to - rows.from, columns.to - columns.from, classes],
    )
  } finally {
    scores.dispose()
  }
}

/** The part of a raster that a tile covers. */
function cut(raster: Raster, rows: TileSpan, columns: TileSpan): Raster {
  const { width, channels, data } = raster
  if (rows.length === raster.height && columns.length === width) return raster
  const rowLength = columns.length * channels
  const values = new Float32Array(rows.length * rowLength)
  for (let row = 0; row < rows.length; row++) {
    const start = ((rows.start + row) * width + columns.start) * channels
    values.set(data.subarray(start, start + rowLength), row * rowLength)
  }
  return { height: rows.length, width: columns.length, channels, data: values }
}

/** Copies the kept part of a tile, row by row, into the whole image. */
function copyRows<T extends Float32Array | Uint8Array | Uint16Array | Int32Array>(
  part: T,
  whole: Float32Array | Uint8Array | Uint16Array,
  rows: TileSpan,
  columns: TileSpan,
  width: number,
  channels: number,
): void {
  const rowLength = (columns.to - columns.from) * channels
  for (let row = rows.from; row < rows.to; row++) {
    const start = (row - rows.from) * rowLength
    whole.set(part.subarray(start, start + rowLength), (row * width + columns.from) * channels)
  }
}
