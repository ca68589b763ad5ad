import { PixelwiseError } from '@pixelwise/masks/shared'
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { type GeometryOptions, ModelGeometry } from './receptive-field.js'
import type { AxisMap, SpatialMap } from './spatial-map.js'

/**
 * The offset at which a score map lies over a reference: cell `offset + i` of the scores is centred where cell i of the
 * reference is.
 *
 * `reference` may be the image itself (a model input). Both must look at the same image with one stride.
 * Throws `alignment/no-position` where one of them has lost its position, `alignment/strides-differ`, and
 * `alignment/between-cells` where the solution is negative or no whole number of cells.
 *
 * Source: Long 2016, §3.3.1; the same solution as Caffe's coordinate maps, found once from the net's geometry.
 */
export function alignmentOffset(
  model: Pick<LayersModel, 'inputs'>,
  scores: SymbolicTensor,
  reference: SymbolicTensor,
  options: GeometryOptions,
): [rows: number, columns: number] {
  const geometry = new ModelGeometry(model, options)
  return mapOffset(positioned(geometry, scores), positioned(geometry, reference), scores.sourceLayer.name)
}

/** {@link alignmentOffset} for two maps that are known already. */
export function mapOffset(scores: SpatialMap, reference: SpatialMap, name: string): [rows: number, columns: number] {
  return [axisOffset(scores.rows, reference.rows, name), axisOffset(scores.columns, reference.columns, name)]
}

function axisOffset(scores: AxisMap, reference: AxisMap, name: string): number {
  if (Math.abs(scores.stride - reference.stride) > 1e-9) {
    throw new PixelwiseError('alignment/strides-differ', {
      what: `${name} has stride ${scores.stride}, its reference ${reference.stride}`,
      rule: 'a crop aligns maps of one stride',
      next: 'upsample the coarser map by the ratio of the strides first',
    })
  }
  const offset = (reference.offset - scores.offset) / scores.stride
  const whole = Math.round(offset)
  if (whole < 0 || Math.abs(offset - whole) > 1e-6) {
    throw new PixelwiseError('alignment/between-cells', {
      what: `${name} would have to be cropped at ${offset} cells`,
      rule: 'a crop offset is a whole number of cells, zero or more',
      next:
        whole < 0
          ? `set pad of the backbone (net.pad in a configuration) ${Math.ceil(-offset * scores.stride)} pixels higher or more; the published FCNs have pad 100`
          : 'change the padding of the first layer, or use an even upsampling kernel for an even factor',
    })
  }
  return whole + 0
}

function positioned(geometry: ModelGeometry, tensor: SymbolicTensor): SpatialMap {
  const map = geometry.mapOf(tensor)
  if (map !== null) return map
  throw new PixelwiseError('alignment/no-position', {
    what: `${tensor.sourceLayer.name} has no position in the image`,
    rule: 'flattened and globally pooled features cannot be aligned',
    next: 'align a map taken before them, or make the classifier fully convolutional first',
  })
}
