/**
 * Scores for dense prediction: confusion matrix, mean IU, region recall, PCK; plain typed arrays.
 *
 * @module @pixelwise/metrics
 */
export { type AreaRange, cocoAreaRanges } from './coco/area-ranges.js'
export type { CocoEvaluation, CocoSelection, CocoSummary } from './coco/coco-evaluation.js'
export { type CocoInstances, type CocoResult, cocoDetections, cocoTruths } from './coco/coco-json.js'
export {
  type CocoEvaluationOptions,
  type DetectedObject,
  evaluateCoco,
  type TrueObject,
} from './coco/evaluate-coco.js'
export {
  type AbsentClassRule,
  ConfusionMatrix,
  type ConfusionMatrixJSON,
  type ConfusionMatrixOptions,
  type Scores,
} from './confusion-matrix.js'
export { KeypointAccuracy, type KeypointPair, type Point } from './regions/keypoint-accuracy.js'
export {
  type ImageRegions,
  type RecallSelection,
  RegionRecall,
  type RegionRecallOptions,
} from './regions/region-recall.js'
export { coarsened, type UpperBoundOptions, upperBound } from './upper-bound.js'
