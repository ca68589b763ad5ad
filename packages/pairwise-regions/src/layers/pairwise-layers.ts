import type { LayerPlugin } from '@pixelwise/core'
import { localMatrixLayer } from './local-matrix.js'
import { regionClosureLayer } from './region-closure.js'
import { regionProductLayer } from './region-product.js'
import { regionSymmetryLayer } from './region-symmetry.js'
import { regionTransposeLayer } from './region-transpose.js'
import { subsampledRegionsLayer } from './subsampled-regions.js'

/** The layers of this package, with their geometry: add them to a layer registry to load nets that have them. */
export const pairwiseLayers: readonly LayerPlugin[] = [
  localMatrixLayer,
  regionClosureLayer,
  regionProductLayer,
  regionSymmetryLayer,
  regionTransposeLayer,
  subsampledRegionsLayer,
]
