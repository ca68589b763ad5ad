import type { LabelMap } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { ConfusionMatrix, type ConfusionMatrixOptions } from './confusion-matrix.js'

/**
 * The scores that a perfect net of coarse output could reach: truth against itself, down- and upsampled.
 *
 * Rule: the image is cut into blocks of `factor` × `factor` pixels from the top left (those at the right and bottom edge may be smaller);
 * every pixel of a block is predicted as the block's most frequent label, ignored pixels not counted, the lower label at a tie. This is
 * downsampling by majority and upsampling by nearest neighbour. Source: Long 2016, §3.5, which states no rule of its own.
 *
 * @returns the confusion matrix over all maps; `.scores().meanIU` is the upper bound
 * @example
 * upperBound(truths, { factor: 32, classes: 21 }).scores().meanIU
 */
export function upperBound(truths: Iterable<LabelMap>, { factor, ...options }: UpperBoundOptions): ConfusionMatrix {
  const matrix = new ConfusionMatrix(options)
  for (const truth of truths) matrix.add(truth, coarsened(truth, factor, matrix.ignoreLabel))
  return matrix
}

/** How coarse the perfect net is. */
export interface UpperBoundOptions extends ConfusionMatrixOptions {
  /** Side of a block in pixels: the stride of the net's output. */
  readonly factor: number
}

/**
 * A label map of the same size whose blocks of `factor` × `factor` pixels each carry their most frequent label.
 *
 * A block of ignored pixels alone carries the ignore label. Throws `metrics/bad-factor`.
 */
export function coarsened(map: LabelMap, factor: number, ignoreLabel: number | null = 255): LabelMap {
  if (!Number.isInteger(factor) || factor < 1) {
    throw new PixelwiseError('metrics/bad-factor', {
      what: `downsampling by ${factor}`,
      rule: 'the factor is the side of a block, a whole number of pixels ≥ 1',
      next: 'pass the stride of the output, e.g. 32 for FCN-32s',
    })
  }
  const { height, width } = map
  const labels = map.labels.slice()
  for (let top = 0; top < height; top += factor) {
    for (let left = 0; left < width; left += factor) {
      const [bottom, right] = [Math.min(top + factor, height), Math.min(left + factor, width)]
      const label = majority(map, top, left, bottom, right, ignoreLabel)
      for (let row = top; row < bottom; row++) labels.fill(label, row * width + left, row * width + right)
    }
  }
  return { height, width, labels }
}

function majority(
  { labels, width }: LabelMap,
  top: number,
  left: number,
  bottom: number,
  right: number,
  ignoreLabel: number | null,
): number {
  const counts = new Map<number, number>()
  for (let row = top; row < bottom; row++) {
    for (let i = row * width + left; i < row * width + right; i++) {
      if (labels[i] !== ignoreLabel) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1)
    }
  }
  let best = ignoreLabel ?? 0
  let bestCount = 0
  for (const [label, count] of counts) {
    if (count > bestCount || (count === bestCount && label < best)) {
      best = label
      bestCount = count
    }
  }
  return best
}
