import { PixelwiseError, type Rng } from '@pixelwise/masks/shared'
import type { Sample } from '../dataset.js'
import { mirror } from './mirror.js'
import { resize } from './resize.js'
import { cutWindow, type FillOptions } from './window.js'

/** Changes an example, image and labels together; the generator decides how. */
export type Transform = (sample: Sample, rng: Rng) => Sample

/** Mirrors every other example. */
export function randomMirror(probability = 0.5): Transform {
  return (sample, rng) => (rng.uniform() < probability ? mirror(sample) : sample)
}

/**
 * Shifts the picture by up to `distance` pixels up or down and left or right, keeping its size.
 *
 * Source: Long, Shelhamer and Darrell 2015, §4.3: up to 32 pixels, the coarsest scale of prediction.
 */
export function randomJitter(distance = 32, fill: FillOptions = {}): Transform {
  return (sample, rng) => {
    const top = rng.integer(2 * distance + 1) - distance
    const left = rng.integer(2 * distance + 1) - distance
    return cutWindow(sample, { top, left, height: sample.image.height, width: sample.image.width }, fill)
  }
}

/** Cuts a window of a size at a random place; smaller pictures are filled up at a random place of the window. */
export function randomCrop(height: number, width: number, fill: FillOptions = {}): Transform {
  const place = (size: number, wanted: number, rng: Rng) => {
    const room = size - wanted
    return room >= 0 ? rng.integer(room + 1) : -rng.integer(1 - room)
  }
  return (sample, rng) =>
    cutWindow(
      sample,
      { top: place(sample.image.height, height, rng), left: place(sample.image.width, width, rng), height, width },
      fill,
    )
}

/** Scales by a factor between two bounds, both sides alike. Throws `transform/bad-factor` for factors that are not positive. */
export function randomScale(smallest: number, largest: number): Transform {
  if (!(smallest > 0 && largest >= smallest)) {
    throw new PixelwiseError('transform/bad-factor', {
      what: `scale factors ${smallest}..${largest}`,
      rule: 'factors are positive, the smaller first',
      next: 'pass for example randomScale(0.5, 2)',
    })
  }
  return (sample, rng) => {
    const factor = rng.uniform(smallest, largest)
    const { height, width } = sample.image
    return resize(sample, Math.max(1, Math.round(height * factor)), Math.max(1, Math.round(width * factor)))
  }
}

/** Fills up at the bottom and right until both sides are at least a size, or a multiple of a number. */
export function padTo(
  target: { readonly height: number; readonly width: number } | { readonly multipleOf: number },
  fill: FillOptions = {},
): Transform {
  return (sample) => {
    const { height, width } = sample.image
    const size =
      'multipleOf' in target
        ? {
            height: Math.ceil(height / target.multipleOf) * target.multipleOf,
            width: Math.ceil(width / target.multipleOf) * target.multipleOf,
          }
        : { height: Math.max(height, target.height), width: Math.max(width, target.width) }
    return size.height === height && size.width === width
      ? sample
      : cutWindow(sample, { top: 0, left: 0, ...size }, fill)
  }
}

/**
 * Applies transforms in order, each with its own stream of random numbers, so that adding one does not change the others.
 *
 * @example
 * const augment = inOrder(randomScale(0.5, 2), randomMirror(), randomCrop(96, 96))
 */
export function inOrder(...transforms: readonly Transform[]): Transform {
  return (sample, rng) => {
    const base = rng.uint32()
    return transforms.reduce((current, transform, i) => transform(current, rng.split(`${base} ${i}`)), sample)
  }
}
