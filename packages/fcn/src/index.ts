export { convolutionalize } from './convolutionalize.js'
export {
  type FcnOptions,
  type Fusion,
  fcn,
  fcn8s,
  fcn8sAtOnce,
  fcn16s,
  fcn32s,
  type HeadOptions,
} from './fcn.js'
export { lateFusion } from './late-fusion.js'
export { type LabelledImage, type PixelBatchOptions, pixelBatch } from './pixel-batch.js'
export { type PixelLossOptions, pixelLoss } from './pixel-loss.js'
export { renameLayers } from './rename-layers.js'
export { upgrade } from './upgrade.js'
