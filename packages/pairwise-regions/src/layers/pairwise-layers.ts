import type { LayerPlugin } from '@pixelwise/core'
import { regionTransposeLayer } from './region-transpose.js'

/** The layers of this package, with their geometry: add them to a layer registry to load nets that have them. */
export const pairwiseLayers: readonly LayerPlugin[] = [regionTransposeLayer]
