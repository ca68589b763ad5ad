export {
  type AbsentClassRule,
  ConfusionMatrix,
  type ConfusionMatrixJSON,
  type ConfusionMatrixOptions,
  type Scores,
} from './confusion-matrix.js'
