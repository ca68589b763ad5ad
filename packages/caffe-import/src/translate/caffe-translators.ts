import { Registry } from '@pixelwise/masks/shared'
import * as activations from './activations.js'
import * as convolutions from './convolutions.js'
import { interp } from './interpolations.js'
import * as joins from './joins.js'
import * as normalizations from './normalizations.js'
import * as poolings from './poolings.js'
import * as rearrangements from './rearrangements.js'
import type { LayerTranslator } from './translator.js'

/**
 * A registry of how each Caffe layer type becomes layers of a model; new at every call, so that it can be added to.
 *
 * Python layers are found by `module.layer`.
 *
 * @example
 * const translators = caffeTranslators().add('Softplus', {
 *   translate: (layer, inputs, net) => net.add(new Softplus({ name: layer.modelName }), inputs),
 * })
 * importCaffe({ net, weights, translators })
 */
export function caffeTranslators(): Registry<LayerTranslator> {
  return new Registry<LayerTranslator>('Caffe layer type', [
    ['AbsVal', activations.absVal],
    ['ArgMax', rearrangements.argMax],
    ['BatchNorm', normalizations.batchNorm],
    ['Bias', normalizations.bias],
    ['BN', normalizations.forkBatchNorm],
    ['BNLL', activations.bnll],
    ['Clip', activations.clip],
    ['Concat', joins.concat],
    ['Convolution', convolutions.convolution],
    ['Crop', joins.crop],
    ['Deconvolution', convolutions.deconvolution],
    ['Dropout', activations.dropout],
    ['ELU', activations.elu],
    ['Eltwise', joins.eltwise],
    ['Exp', activations.exponential],
    ['Flatten', rearrangements.flatten],
    ['InnerProduct', convolutions.innerProduct],
    ['Interp', interp],
    ['Log', activations.logarithm],
    ['LRN', normalizations.localResponseNormalization],
    ['MVN', normalizations.meanVarianceNormalization],
    ['Normalize', normalizations.normalize],
    ['Permute', rearrangements.permute],
    ['Pooling', poolings.pooling],
    ['Power', activations.power],
    ['PReLU', activations.prelu],
    ['Reduction', rearrangements.reduction],
    ['ReLU', activations.relu],
    ['Reshape', rearrangements.reshape],
    ['Scale', normalizations.scale],
    ['Sigmoid', activations.sigmoid],
    ['Slice', joins.slice],
    ['Softmax', rearrangements.softmax],
    ['Split', joins.split],
    ['Swish', activations.swish],
    ['TanH', activations.tanh],
    ['Threshold', activations.threshold],
    ['Tile', rearrangements.tile],
    ['Unpooling', poolings.unpooling],
    ['Upsample', poolings.upsample],
  ])
}
