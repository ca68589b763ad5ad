import { currentMasks, PixelwiseError, softmaxCrossEntropy } from '@pixelwise/core'
import {
  add,
  gather,
  image,
  maximum,
  minimum,
  mul,
  reshape,
  type Scalar,
  scalar,
  slice,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core'

/** What one head's loss is told. */
export interface HeadLossOptions {
  /** Pixels with this label neither count nor learn. Default 255 (void). */
  readonly ignoreLabel?: number
  /**
   * What the sum over pixels is divided by. `valid`: the pixels that count (default); `none`: nothing, as the published
   * FCNs, whose learning rate of 1e-10 belongs to it; `batch`: the images; `full`: all pixels, ignored ones too.
   */
  readonly normalization?: 'none' | 'valid' | 'batch' | 'full'
  /**
   * Factor of the pixels of each class, to balance rare ones; `valid` then divides by the sum of the factors. Default: 1.
   * Source: Long 2016, §3.2.4 and §3.3.9.
   */
  readonly classWeights?: readonly number[]
}

export interface PixelLossOptions extends HeadLossOptions {
  /**
   * Patch sampling: only a random part of the cells counts, drawn anew at each step. With share p of the cells a batch of
   * 1/p times as many images keeps its size. Default: all. Source: Long 2016, §3.3.8.
   */
  readonly sampling?: PatchSampling
  /** Settings of each head of a net with several, in the order of its outputs; they win over the ones beside. */
  readonly heads?: readonly (HeadLossOptions & { readonly weight?: number })[]
}

/** Which pixels count in a step (Long 2016, §3.3.8). */
export interface PatchSampling {
  /** Probability of a cell to count, 0 < keep ≤ 1. */
  readonly keep: number
  /** Pixels on each side of a cell, which count together or not at all. Default 1: each pixel for itself. */
  readonly cell?: number
}

/**
 * The loss of a net that scores pixels: softmax cross-entropy between its scores and a label per pixel.
 *
 * Returns what `train` takes as `loss`: outputs `[scores]`, scores `[N, H, W, classes]` float32, and targets `[labels]`,
 * labels `[N, H, W]` int32, give a scalar; of a net with several heads, the sum of their losses, each times its weight.
 * The cells that are sampled come from the step's masks, so that a resumed step draws the same ones.
 * Throws `loss/bad-option`, and `loss/other-heads` when outputs and targets differ in number.
 * Source: Long 2016, §3.3; Caffe's SoftmaxWithLoss.
 */
export function pixelLoss(
  options: PixelLossOptions = {},
): (outputs: readonly Tensor[], targets: readonly Tensor[]) => Scalar {
  const { heads = [], sampling, ...shared } = options
  checkSampling(sampling)
  for (const { classWeights } of [shared, ...heads]) checkClassWeights(classWeights)
  return (outputs, targets) => {
    checkHeads(outputs.length, targets.length, heads.length)
    const kept = sampling && keptPixels(targets[0] as Tensor3D, sampling)
    const losses = outputs.map((scores, i) => {
      const { weight = 1, ...settings } = { ...shared, ...heads[i] }
      const loss = headLoss(scores as Tensor4D, targets[i] as Tensor3D, settings, kept)
      return weight === 1 ? loss : mul<Scalar>(loss, weight)
    })
    return losses.reduce((sum, loss) => add(sum, loss))
  }
}

function headLoss(
  scores: Tensor4D,
  labels: Tensor3D,
  { classWeights, ...options }: HeadLossOptions,
  kept: Tensor3D | undefined,
): Scalar {
  if (classWeights !== undefined && classWeights.length !== scores.shape[3]) {
    throw badOption(
      `classWeights for ${classWeights.length} classes and scores of ${scores.shape[3]}`,
      'each class has a weight',
      'pass one number per class, background included',
    )
  }
  const balanced = classWeights && weightsOf(labels, classWeights)
  const pixelWeights = kept && balanced ? mul<Tensor3D>(kept, balanced) : (kept ?? balanced)
  return softmaxCrossEntropy(scores, labels, { ...options, pixelWeights })
}

/** The weight of each pixel's class; labels that are no class count for nothing, or spoil the loss, without a weight. */
function weightsOf(labels: Tensor3D, classWeights: readonly number[]): Tensor3D {
  return tidy(() => {
    const largest = scalar(classWeights.length - 1, 'int32')
    const known = maximum(minimum(labels, largest), scalar(0, 'int32'))
    return reshape(gather(tensor1d([...classWeights], 'float32'), reshape(known, [-1])), labels.shape)
  })
}

/** 1 for pixels of the cells that count, 0 for the others: `[N, H, W]` float32. */
function keptPixels(labels: Tensor3D, { keep, cell = 1 }: PatchSampling): Tensor3D {
  const [count, height, width] = labels.shape
  const [rows, columns] = [height, width].map((size) => Math.ceil(size / cell))
  const cells = currentMasks().dropoutMask('loss/sampling', [count, rows, columns, 1], 1 - keep) as Tensor4D
  const pixels = cell === 1 ? cells : image.resizeNearestNeighbor(cells, [rows * cell, columns * cell])
  return reshape(slice(pixels, [0, 0, 0, 0], [count, height, width, 1]), [count, height, width])
}

function checkSampling(sampling: PatchSampling | undefined): void {
  if (sampling === undefined) return
  const { keep, cell = 1 } = sampling
  if (!(keep > 0 && keep <= 1)) {
    throw badOption(`sampling.keep ${keep}`, 'a share is above 0 and at most 1', 'pass the share of cells that count')
  }
  if (!(Number.isInteger(cell) && cell >= 1)) {
    throw badOption(
      `sampling.cell ${cell}`,
      'a cell has a whole number of pixels on each side',
      'pass 32 for the patches of FCN-32s, 1 for single pixels',
    )
  }
}

function checkClassWeights(weights: readonly number[] | undefined): void {
  if (weights === undefined) return
  const isList = Array.isArray(weights) && weights.length > 0
  if (isList && weights.every((weight) => Number.isFinite(weight) && weight >= 0)) return
  throw badOption(
    `classWeights ${JSON.stringify(weights)}`,
    'each class has a finite weight, 0 or more',
    'pass one number per class',
  )
}

function checkHeads(outputs: number, targets: number, settings: number): void {
  if (outputs === targets && (settings === 0 || settings === outputs)) return
  throw new PixelwiseError('loss/other-heads', {
    what: `a net with ${outputs} outputs, ${targets} label maps and settings of ${settings} heads`,
    rule: 'each head is compared with labels of its own',
    next: 'put one label map per head into batch.targets, and one entry per head into heads, or none',
  })
}

function badOption(what: string, rule: string, next: string): PixelwiseError {
  return new PixelwiseError('loss/bad-option', { what: `pixelLoss with ${what}`, rule, next })
}
