export {
  centredOrigin,
  type PairArray,
  type PairGeometry,
  type PartialPairGeometry,
  pairArray,
  pairCount,
  transposedOrigin,
} from './pair-array.js'
