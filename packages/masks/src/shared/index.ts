/**
 * What all packages of Pixelwise use: errors, registries, random numbers.
 *
 * @module @pixelwise/masks/shared
 */
export { nearestName } from './nearest.js'
export { type ErrorParts, PixelwiseError } from './pixelwise-error.js'
export { Registry } from './registry.js'
export { Rng } from './rng.js'
