/**
 * The pixelwise command.
 *
 * @module @pixelwise/cli
 */
export { main } from './main.js'
