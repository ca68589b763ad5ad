import { PixelwiseError } from './shared/pixelwise-error.js'

/**
 * A binary mask as run lengths, as COCO stores it.
 *
 * `counts` are the lengths of runs of zeros and ones by turns, zeros first (0 when the mask starts with a one), in
 * **column-major** order: down the first column, then down the second. A mask of any size takes space only for its
 * outline; area, IoU, merge and box never unroll it.
 *
 * Source: the COCO API's mask format.
 */
export interface Mask {
  readonly height: number
  readonly width: number
  readonly counts: Uint32Array
}

/** A box in pixels: top left corner and extent, as in COCO's `[x, y, width, height]`. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A mask of these run lengths. Throws `masks/bad-counts` when they do not fill the mask, `masks/bad-size` for an impossible size. */
export function maskFromCounts(height: number, width: number, counts: ArrayLike<number>): Mask {
  requireMaskSize(height, width)
  let sum = 0
  for (let i = 0; i < counts.length; i++) {
    if (!Number.isInteger(counts[i]) || counts[i] < 0) {
      throw badCounts(`count ${i} is ${counts[i]}`, 'run lengths are whole numbers ≥ 0')
    }
    sum += counts[i]
  }
  if (sum !== height * width) {
    throw badCounts(`counts sum to ${sum}`, `a ${height}×${width} mask has ${height * width} pixels`)
  }
  return { height, width, counts: Uint32Array.from(counts) }
}

/** Pixels in the mask. */
export function maskArea({ counts }: Mask): number {
  let area = 0
  for (let i = 1; i < counts.length; i += 2) area += counts[i]
  return area
}

/** The smallest box around the mask; all zero for an empty mask. */
export function maskBox({ height, width, counts }: Mask): Box {
  let [left, right, top, bottom] = [width, -1, height, -1]
  let position = 0
  for (let i = 0; i + 1 < counts.length; i += 2) {
    const start = position + counts[i]
    position = start + counts[i + 1]
    if (counts[i + 1] === 0) continue
    const last = position - 1
    const [firstColumn, lastColumn] = [Math.floor(start / height), Math.floor(last / height)]
    if (firstColumn < left) left = firstColumn
    if (lastColumn > right) right = lastColumn
    if (firstColumn !== lastColumn) {
      top = 0
      bottom = height - 1
    } else {
      top = Math.min(top, start % height)
      bottom = Math.max(bottom, last % height)
    }
  }
  if (right < 0) return { x: 0, y: 0, width: 0, height: 0 }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}

/** Throws `masks/bad-size` unless height and width are whole numbers with fewer than 2^32 pixels. */
export function requireMaskSize(height: number, width: number): void {
  const whole = Number.isInteger(height) && Number.isInteger(width) && height >= 0 && width >= 0
  if (whole && height * width < 2 ** 32) return
  throw new PixelwiseError('masks/bad-size', {
    what: `a mask of ${height}×${width}`,
    rule: 'height and width are whole numbers with fewer than 2^32 pixels, the limit of the COCO format',
    next: 'pass the size of the image, height first',
  })
}

/** Throws `masks/size-mismatch` unless two masks cover the same image. */
export function requireSameMaskSize(a: Mask, b: Mask): void {
  if (a.height === b.height && a.width === b.width) return
  throw new PixelwiseError('masks/size-mismatch', {
    what: `masks of ${a.height}×${a.width} and ${b.height}×${b.width}`,
    rule: 'masks are compared and merged on one image',
    next: 'make both at the size of the image',
  })
}

export function badCounts(what: string, rule: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('masks/bad-counts', {
    what: `run lengths of a mask: ${what}`,
    rule,
    next: 'check the file and that size is [height, width]',
    cause,
  })
}
