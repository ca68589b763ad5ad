export { transposePairs } from './algebra/region-transpose.js'
export { type Semiring, type SemiringName, semirings } from './algebra/semirings.js'
export { pairwiseLayers } from './layers/pairwise-layers.js'
export { RegionTranspose, type RegionTransposeConfig } from './layers/region-transpose.js'
export { type ActiveRegion, activeRegions, centreOf, windowStart } from './loss/active-regions.js'
export { bilinearMatrix } from './loss/bilinear-taps.js'
export { type EvaluatedRegions, evaluateRegions } from './loss/evaluate-regions.js'
export { type InstanceBox, instanceBoxes } from './loss/instance-boxes.js'
export { type RegionLogisticOptions, regionLogistic } from './loss/region-logistic.js'
export type { RegionTargets } from './loss/region-targets.js'
export { gridOf, type RegionNet, type RegionPathway, regionCount, sizeUnit } from './networks/region-net.js'
export { type RegionTransposeOptions, regionTranspose } from './ops/region-transpose.js'
export {
  centredOrigin,
  type PairArray,
  type PairGeometry,
  type PartialPairGeometry,
  pairArray,
  pairCount,
  transposedOrigin,
} from './pair-array.js'
export { type InstanceImage, type RegionBatchOptions, regionBatch } from './training/region-batch.js'
export { type RegionLossOptions, regionLoss } from './training/region-loss.js'
