import { absorbPadding } from './absorb-padding.js'
import { removeDuplicates } from './common-subexpressions.js'
import { foldConstants } from './constant-folding.js'
import { removeUnused } from './dead-code.js'
import { fuseActivations } from './fuse-activations.js'
import { fuseUpsampling } from './fuse-upsampling.js'
import type { KernelGraph } from './kernel-graph.js'
import { maskBeforeUnpooling } from './mask-before-unpooling.js'

/**
 * A graph that computes the same with fewer kernels: copies and repeated computations are shared, what depends on
 * constants alone is computed now, on the tfjs backend in use, bias and ReLU become a part of
 * their convolution, upsampling by phases a transposed one, padding a part of the windows that read it, the gradient of a
 * ReLU goes before that of the pooling behind it, and what nobody reads is left out.
 */
export function optimise(graph: KernelGraph): KernelGraph {
  return withoutPadding(simplify(graph))
}

/** The second half of it: what makes use of padding, and of what is around poolings. */
export function withoutPadding(graph: KernelGraph): KernelGraph {
  return removeUnused(maskBeforeUnpooling(absorbPadding(graph)))
}

/** The same with padding as kernels of its own. */
export function simplify(graph: KernelGraph): KernelGraph {
  return removeUnused(fuseUpsampling(fuseActivations(foldConstants(removeDuplicates(graph)))))
}
