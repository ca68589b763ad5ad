import { PixelwiseError } from '@pixelwise/masks/shared'

/** One tile along one axis: it covers pixels `start` to `start + length`, of whose result `from` to `to` are kept. */
export interface TileSpan {
  readonly start: number
  readonly length: number
  /** First pixel of the image whose result this tile gives. */
  readonly from: number
  /** The pixel after the last. */
  readonly to: number
}

/** What a net needs around an output pixel, along one axis. */
export interface TileNeeds {
  /** Pixels that an output pixel sees before itself. */
  readonly before: number
  /** Pixels that an output pixel sees after itself. */
  readonly after: number
  /** Shifts by multiples of this move every layer's cells by whole cells. */
  readonly stride: number
}

/**
 * Cuts an axis into tiles whose kept parts are exactly what the whole image would give.
 *
 * - Tiles start at multiples of the total stride, so that every pooling window falls on the same pixels.
 * - Tile and image leave the same remainder when divided by the stride, so that padding that depends on the size
 *   (tfjs `same` padding, the ceil rule of pooling) is the same.
 * - Results that see a cut are dropped; at the image's own borders nothing is, as the net pads there either way.
 *
 * All tiles have one length, at most `tile`; an image that fits is one tile.
 * Throws `tiling/tile-too-small`, which says how long a tile must be.
 */
export function planTiles(size: number, tile: number, needs: TileNeeds): TileSpan[] {
  if (size <= tile) return [{ start: 0, length: size, from: 0, to: size }]
  const { before, after, stride } = needs
  const length = tile - modulo(tile - size, stride)
  const step = Math.floor((length - before - after) / stride) * stride
  if (step <= 0) {
    const shortest = before + after + stride
    const needed = shortest + modulo(size - shortest, stride)
    throw new PixelwiseError('tiling/tile-too-small', {
      what: `tiles of ${tile} pixels for an image of ${size}`,
      rule: `the net sees ${before} pixels before and ${after} after each pixel and has a total stride of ${stride}`,
      next: `use tiles of at least ${Math.min(needed, size)} pixels; larger ones repeat less work, so prefer ${Math.min(2 * needed, size)} or more`,
    })
  }
  const starts: number[] = []
  for (let start = 0; start + length < size; start += step) starts.push(start)
  starts.push(size - length)
  return starts.map((start, i) => ({
    start,
    length,
    from: i === 0 ? 0 : start + before,
    to: i === starts.length - 1 ? size : starts[i + 1] + before,
  }))
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}
