import { PixelwiseError } from '@pixelwise/masks/shared'
import { at, type PerAxis } from '../geometry/spatial-map.js'

/**
 * Refuses sizes of a layer that are no whole numbers from `least` up. Throws `layer/bad-config`, naming layer and field.
 */
export function checkSizes(layer: string, sizes: Record<string, PerAxis | undefined>, least: number): void {
  for (const [field, value] of Object.entries(sizes)) {
    if (value === undefined) continue
    const both = [at(value, 0), at(value, 1)]
    if (both.every((size) => Number.isInteger(size) && size >= least)) continue
    throw badConfig(layer, `${field} ${JSON.stringify(value)}`, `${field} is a whole number, ${least} or more`)
  }
}

/** A configuration that the layer cannot follow, as an error. */
export function badConfig(layer: string, what: string, rule: string): PixelwiseError {
  return new PixelwiseError('layer/bad-config', {
    what: `${layer}: ${what}`,
    rule,
    next: 'check the arguments the layer is built with',
  })
}
