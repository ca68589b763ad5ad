export { type FcnOptions, type Fusion, fcn, fcn8s, fcn8sAtOnce, fcn16s, fcn32s } from './fcn.js'
export { type LabelledImage, pixelBatch } from './pixel-batch.js'
export { type PixelLossOptions, pixelLoss } from './pixel-loss.js'
