import { Rng } from '@pixelwise/masks/shared'

/** Stride and window (in cells) of the five pathways of Long 2016, Table 4.1. */
export const thesisPathways = [
  { stride: 2, window: 14 },
  { stride: 4, window: 14 },
  { stride: 8, window: 18 },
  { stride: 16, window: 18 },
  { stride: 32, window: 18 },
]

/** Width and height (4:3, whole cells of every pathway) of an image that has about as many regions. */
export function sizeFor(regions, pathways) {
  const perPixel = pathways.reduce((sum, { stride }) => sum + 1 / stride ** 2, 0)
  const unit = Math.max(...pathways.map(({ stride }) => stride))
  const height = unit * Math.max(1, Math.round(Math.sqrt((0.75 * regions) / perPixel) / unit))
  const width = unit * Math.max(1, Math.round(regions / perPixel / height / unit))
  return { height, width }
}

/**
 * Regions as a trained net gives them, in a scene of ellipses of many sizes: where the centre lies on an object, its mask, a little off and a little frayed; elsewhere some ellipse of
 * its own. Scores are random, so that no order helps.
 *
 * `masks` brings `emptyRegionMasks` and `measureRegion` of the package.
 */
export function scene({ height, width, pathways, seed, masks }) {
  const rng = new Rng(seed)
  const objects = objectsOf(height, width, rng)
  const onObject = paint(objects, height, width)
  return pathways.map(({ stride, window }) => {
    const grid = [Math.ceil(height / stride), Math.ceil(width / stride)]
    const origin = Math.floor(window / 2)
    const regions = masks.emptyRegionMasks({ grid, window, stride, origin, step: 1 })
    const scores = new Float32Array(grid[0] * grid[1])
    for (let region = 0, row = 0; row < grid[0]; row++) {
      for (let column = 0; column < grid[1]; column++, region++) {
        scores[region] = rng.uniform()
        const [y, x] = [stride * row, stride * column] // even windows are centred on a corner
        const object = objects[onObject[(y >> 1) * (width >> 1) + (x >> 1)]] ?? ownEllipse(y, x, stride * window, rng)
        drawRegion(regions, region, row, column, frayed(object, rng), { height, width, rng })
        masks.measureRegion(regions, region)
      }
    }
    return { masks: regions, scores }
  })
}

/** Ellipses, as many per octave of size as cover half of the image together. */
function objectsOf(height, width, rng) {
  const objects = []
  for (let size = 5; size < Math.min(height, width) / 2; size *= 2) {
    const count = Math.ceil((0.15 * height * width) / (Math.PI * size * size))
    for (let i = 0; i < count; i++) {
      objects.push(ellipse(rng.uniform(0, height), rng.uniform(0, width), size * rng.uniform(0.7, 1.4), rng))
    }
  }
  return objects.reverse() // small ones lie on large ones
}

function ellipse(y, x, size, rng) {
  const aspect = rng.uniform(0.5, 1)
  const angle = rng.uniform(0, Math.PI)
  const [a, b, cos, sin] = [size, size * aspect, Math.cos(angle), Math.sin(angle)]
  // |(y', x')|² in the ellipse's own axes, as a quadratic form
  return {
    y,
    x,
    yy: (cos / a) ** 2 + (sin / b) ** 2,
    xx: (sin / a) ** 2 + (cos / b) ** 2,
    yx: 2 * cos * sin * (1 / a ** 2 - 1 / b ** 2),
    reach: a,
  }
}

function ownEllipse(y, x, window, rng) {
  return ellipse(y + rng.normal(0, window / 16), x + rng.normal(0, window / 16), window * rng.uniform(0.15, 0.5), rng)
}

function frayed(object, rng) {
  const shift = object.reach / 20
  return { ...object, y: object.y + rng.normal(0, shift), x: object.x + rng.normal(0, shift) }
}

/** The number of the topmost object at every second pixel, or −1. */
function paint(objects, height, width) {
  const [rows, columns] = [height >> 1, width >> 1]
  const map = new Int32Array(rows * columns).fill(-1)
  objects.forEach((object, number) => {
    const [top, bottom] = [
      Math.max(0, object.y - object.reach) >> 1,
      Math.min(rows - 1, (object.y + object.reach) >> 1),
    ]
    const [left, right] = [
      Math.max(0, object.x - object.reach) >> 1,
      Math.min(columns - 1, (object.x + object.reach) >> 1),
    ]
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        if (inside(object, 2 * row, 2 * column)) map[row * columns + column] = number
      }
    }
  })
  return map
}

function inside({ y, x, yy, xx, yx }, row, column) {
  const [dy, dx] = [row - y, column - x]
  return yy * dy * dy + xx * dx * dx + yx * dy * dx <= 1
}

function drawRegion(
  { window, stride, origin, words, wordsPerRegion },
  region,
  row,
  column,
  object,
  { height, width, rng },
) {
  const base = 1 + region * wordsPerRegion
  for (let y = 0; y < window; y++) {
    const pixelRow = stride * (row - origin + y)
    if (pixelRow < 0 || pixelRow >= height) continue
    for (let x = 0; x < window; x++) {
      const pixelColumn = stride * (column - origin + x)
      if (pixelColumn < 0 || pixelColumn >= width) continue
      const half = stride / 2
      if (!inside(object, pixelRow + half, pixelColumn + half)) continue
      if (rng.uint32() < 0x0800_0000) continue // one cell in 32 is missing
      const bit = y * window + x
      words[base + (bit >>> 5)] |= 1 << (bit & 31)
    }
  }
}
