/**
 * Networks on pairs of pixels: region transpose, pairwise products, a pyramid of region pathways, linear-time NMS and proposals.
 *
 * @module @pixelwise/pairwise-regions
 */
export { addPairs, identityPairs, type SumOptions, symmetrisePairs } from './algebra/add-pairs.js'
export { type ClosureOptions, closePairs } from './algebra/close-pairs.js'
export { fromDense, toDense } from './algebra/dense-pairs.js'
export { type FormatPairArrayOptions, formatPairArray } from './algebra/format-pair-array.js'
export { multiplyPairs, type ProductCrop, type ProductOptions } from './algebra/multiply-pairs.js'
export { refinePairs } from './algebra/refine-pairs.js'
export { transposePairs } from './algebra/region-transpose.js'
export { type Semiring, type SemiringName, semirings } from './algebra/semirings.js'
export { LocalMatrix, type LocalMatrixConfig } from './layers/local-matrix.js'
export { pairwiseLayers } from './layers/pairwise-layers.js'
export { RegionClosure, type RegionClosureConfig } from './layers/region-closure.js'
export { RegionProduct, type RegionProductConfig } from './layers/region-product.js'
export { RegionSymmetry, type RegionSymmetryConfig } from './layers/region-symmetry.js'
export { RegionTranspose, type RegionTransposeConfig } from './layers/region-transpose.js'
export { SubsampledRegions, type SubsampledRegionsConfig } from './layers/subsampled-regions.js'
export { type ActiveRegion, activeRegions, centreOf, windowStart } from './loss/active-regions.js'
export { bilinearMatrix } from './loss/bilinear-taps.js'
export { type EvaluatedRegions, evaluateRegions } from './loss/evaluate-regions.js'
export { type InstanceBox, instanceBoxes } from './loss/instance-boxes.js'
export { type RegionLogisticOptions, regionLogistic } from './loss/region-logistic.js'
export type { RegionTargets } from './loss/region-targets.js'
export { type RegionNetOptions, regionNet } from './networks/build-region-net.js'
export { changeStep } from './networks/change-step.js'
export { type PathwayOptions, vgg16Pathways, vgg16RegionTaps } from './networks/pathway-options.js'
export { regionDescription, storedRegionNet } from './networks/region-description.js'
export { gridOf, type RegionNet, type RegionPathway, regionCount, sizeUnit } from './networks/region-net.js'
export { retapped } from './networks/retapped.js'
export { greedySuppression, suppressBoxes } from './nms/greedy-suppression.js'
export type { OverlapOf, SuppressionWork } from './nms/grid-suppression.js'
export {
  emptyRegionMasks,
  measureRegion,
  type RegionMaskOptions,
  type RegionMasks,
  regionMasks,
} from './nms/region-masks.js'
export {
  type RegionPlace,
  regionAt,
  type ScoredRegions,
  type Suppression,
  type SuppressionOptions,
  suppressRegions,
} from './nms/suppress-regions.js'
export { localMatrix } from './ops/local-matrix.js'
export { type RegionClosureOptions, regionClosure } from './ops/region-closure.js'
export { type RegionProductOptions, regionProduct } from './ops/region-product.js'
export { type RegionSymmetryOptions, regionSymmetry } from './ops/region-symmetry.js'
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
export { type RegionFilter, type WeightPictureOptions, weightPicture } from './pictures/weight-picture.js'
export { type ClosestRegion, closestRegions } from './proposals/closest-regions.js'
export { type CocoProposal, cocoProposals } from './proposals/coco-results.js'
export {
  maskConfidence,
  type PathwayRegions,
  type Proposal,
  type ProposalOptions,
  proposalsOf,
} from './proposals/propose.js'
export { type PreparedRegionNet, prepareRegionNet, proposeRegions } from './proposals/propose-regions.js'
export { type RegionPlaneOptions, regionPlane } from './proposals/region-plane.js'
export { type ImageSize, RegionUpsampler } from './proposals/upsample-region.js'
export { type InstanceImage, type RegionBatchOptions, regionBatch } from './training/region-batch.js'
export { type RegionLossOptions, regionLoss } from './training/region-loss.js'
export { activeOverlaps, type BestRegion, bestRegions, instanceAreas } from './training/region-overlaps.js'
