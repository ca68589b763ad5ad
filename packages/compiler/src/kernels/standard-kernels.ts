import { Registry } from '@pixelwise/masks/shared'
import { convolutionGradientKernels } from './convolution-gradients.js'
import { convolutionKernels } from './convolutions.js'
import { countingKernels } from './counting.js'
import { depthwiseGradientKernels } from './depthwise-gradients.js'
import { elementwiseKernels } from './elementwise.js'
import { indexingKernels } from './indexing.js'
import type { KernelRegistry } from './kernel-definition.js'
import { normalizationKernels } from './normalization.js'
import { poolingKernels } from './pooling.js'
import { productKernels } from './products.js'
import { reductionKernels } from './reductions.js'
import { resizingKernels } from './resizing.js'
import { shapeKernels } from './shapes.js'
import { valueKernels } from './values.js'
import { volumeKernels } from './volumes.js'

/**
 * A new registry of all kernels that this package knows; add your own to it.
 *
 * @example
 * const kernels = standardKernels().add('MyKernel', { infer: ({ x }) => [x], lower: (context) => … })
 */
export function standardKernels(): KernelRegistry {
  return new Registry('tfjs kernel', [
    ...elementwiseKernels,
    ...reductionKernels,
    ...shapeKernels,
    ...valueKernels,
    ...indexingKernels,
    ...productKernels,
    ...convolutionKernels,
    ...convolutionGradientKernels,
    ...depthwiseGradientKernels,
    ...poolingKernels,
    ...normalizationKernels,
    ...resizingKernels,
    ...countingKernels,
    ...volumeKernels,
  ])
}
