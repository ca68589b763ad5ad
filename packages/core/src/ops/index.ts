export {
  type BatchNormalizationOptions,
  type BatchNormalizationWeights,
  batchNormalization,
  batchNormalizationTraining,
  type TrainedBatchNormalization,
} from './batch-normalization.js'
export { bilinearFilter, bilinearFilter1d, bilinearUpsample } from './bilinear-filter.js'
export { checkFinite, checkLabels } from './checks.js'
export { type ConvolutionOptions, convolution } from './convolution.js'
export { crop } from './crop.js'
export { dropout, dropoutMask } from './dropout.js'
export { fullyConnected } from './fully-connected.js'
export { type LrnOptions, lrnAcrossChannels, lrnWithinChannel } from './local-response-normalization.js'
export type { LossNormalization } from './loss-normalization.js'
export { maxPoolWithSwitches, maxUnpool, type PooledWithSwitches } from './max-pool-with-switches.js'
export { meanVarianceNormalization } from './mean-variance-normalization.js'
export { averagePool, maxPool, type PoolingOptions } from './pooling.js'
export { type ResizeConvention, resizeBilinear } from './resize-bilinear.js'
export { type SigmoidCrossEntropyOptions, sigmoidCrossEntropy } from './sigmoid-cross-entropy.js'
export { type SoftmaxCrossEntropyOptions, softmaxCrossEntropy } from './softmax-cross-entropy.js'
export { type TransposedConvolutionOptions, transposedConvolution } from './transposed-convolution.js'
export type { Pad, Pair, Sides } from './window.js'
