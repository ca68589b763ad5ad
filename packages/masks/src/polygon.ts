import { GrowingCounts } from './growing-counts.js'
import { type Box, type Mask, requireMaskSize } from './mask.js'
import { mergeMasks } from './merge.js'
import { PixelwiseError } from './shared/pixelwise-error.js'

/**
 * The mask of an object's outlines `[x, y, x, y, …]`, with the same pixels as the COCO API, as published scores need.
 *
 * Each outline is closed and filled by the even-odd rule (fewer than three corners enclose nothing); several are parts
 * of one object and unite. Coordinates are
 * in pixels, (0, 0) being the outer corner of the first pixel; what sticks out of the image is cut off.
 *
 * The API walks the outline on a grid five times finer, in steps of one grid point, and notes where it passes from
 * one pixel column's centre to the next; pixels below an odd number of such crossings are inside. Here the walk goes from column to
 * column at once, so that an outline costs as much as it has corners and crossings, however large its coordinates.
 *
 * Throws `masks/bad-polygon`. Source: the COCO API's `frPyObjects`.
 */
export function polygonMask(outlines: readonly (readonly number[])[], height: number, width: number): Mask {
  requireMaskSize(height, width)
  if (outlines.length === 0) throw badPolygon('an object without outlines', 'there must be at least one')
  return mergeMasks(outlines.map((outline, i) => outlineMask(outline, i, height, width)))
}

/** The mask of a box, as the COCO API makes it: the outline of its corners, filled. */
export function boxMask({ x, y, width, height }: Box, imageHeight: number, imageWidth: number): Mask {
  return polygonMask([[x, y, x, y + height, x + width, y + height, x + width, y]], imageHeight, imageWidth)
}

/** Grid points per pixel. */
const scale = 5

function outlineMask(outline: readonly number[], index: number, height: number, width: number): Mask {
  requireOutline(outline, index)
  const grid = outline.map((coordinate) => Math.trunc(scale * coordinate + 0.5))
  const crossings = new GrowingCounts()
  const cross = (column: number, gridRow: number) => {
    const row = Math.ceil(Math.min(Math.max((gridRow + 0.5) / scale - 0.5, 0), height))
    crossings.push(column * height + row)
  }
  for (let i = 0; i < grid.length; i += 2) {
    const next = (i + 2) % grid.length
    crossColumns(grid[i], grid[i + 1], grid[next], grid[next + 1], width, cross)
  }
  crossings.push(height * width)
  return { height, width, counts: countsBetween(crossings.finished().sort()) }
}

/**
 * Reports where an edge between grid points passes from grid column 5c + 2 to 5c + 3, the centre of pixel column c,
 * and the upper of the two grid rows there.
 */
function crossColumns(
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
  width: number,
  cross: (column: number, gridRow: number) => void,
): void {
  const spanX = Math.abs(toX - fromX)
  const spanY = Math.abs(toY - fromY)
  const flat = spanX >= spanY
  // Either way round an edge must give the same points: walk it in the direction of its longer axis.
  const backwards = flat ? fromX > toX : fromY > toY
  const [startX, startY, endX, endY] = backwards ? [toX, toY, fromX, fromY] : [fromX, fromY, toX, toY]
  const firstColumn = Math.max(0, Math.ceil((Math.min(fromX, toX) - 2) / scale))
  const lastColumn = Math.min(width - 1, Math.floor((Math.max(fromX, toX) - 3) / scale))
  if (flat) {
    const slope = (endY - startY) / spanX
    const rowAt = (gridColumn: number) => Math.trunc(startY + slope * (gridColumn - startX) + 0.5)
    for (let column = firstColumn; column <= lastColumn; column++) {
      const left = scale * column + 2
      cross(column, Math.min(rowAt(left), rowAt(left + 1)))
    }
  } else {
    const slope = (endX - startX) / spanY
    const columnAt = (step: number) => Math.trunc(startX + slope * step + 0.5)
    for (let column = firstColumn; column <= lastColumn; column++) {
      const left = scale * column + 2
      const passed = (step: number) => (slope > 0 ? columnAt(step) > left : columnAt(step) <= left)
      cross(column, startY + firstStep(passed, Math.round((left + 0.5 - startX) / slope), spanY) - 1)
    }
  }
}

/** The first step 0..last for which the condition, once true always true, holds; searched from a guess next to it. */
function firstStep(holds: (step: number) => boolean, guess: number, last: number): number {
  let step = Math.min(Math.max(guess, 0), last)
  while (step > 0 && holds(step - 1)) step--
  while (step < last && !holds(step)) step++
  return step
}

/** Run lengths up to each of the sorted places; two runs that meet at one place are one, and the run of no length between them goes. */
function countsBetween(ends: Uint32Array): Uint32Array {
  const counts = new Uint32Array(ends.length)
  counts[0] = ends[0]
  let length = 1
  for (let i = 1; i < ends.length; i++) {
    if (ends[i] > ends[i - 1]) counts[length++] = ends[i] - ends[i - 1]
    else if (++i < ends.length) counts[length - 1] += ends[i] - ends[i - 1]
  }
  return counts.slice(0, length)
}

function requireOutline(outline: readonly number[], index: number): void {
  if (!Array.isArray(outline) || outline.length < 2 || outline.length % 2 !== 0) {
    throw badPolygon(
      `outline ${index} has ${Array.isArray(outline) ? outline.length : 'no'} numbers`,
      'an outline is a list x, y, x, y, … of at least one corner',
    )
  }
  const wrong = outline.findIndex(
    (coordinate) => !Number.isFinite(coordinate) || Math.abs(coordinate) > largestCoordinate,
  )
  if (wrong !== -1) {
    throw badPolygon(
      `outline ${index} has ${wrong % 2 === 0 ? 'x' : 'y'} ${outline[wrong]} at corner ${Math.floor(wrong / 2)}`,
      `coordinates are numbers within ±${largestCoordinate}`,
    )
  }
}

/** Five times this still fits the 32-bit integers of the COCO API. */
const largestCoordinate = 4e8

function badPolygon(what: string, rule: string): PixelwiseError {
  return new PixelwiseError('masks/bad-polygon', {
    what: `polygon: ${what}`,
    rule,
    next: 'check the annotation; a segmentation is a list of outlines or a mask with size and counts',
  })
}
