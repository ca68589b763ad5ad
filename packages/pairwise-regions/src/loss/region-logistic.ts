import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { evaluateRegions } from './evaluate-regions.js'

/** How the logits of regions are upsampled for their loss. */
export interface RegionLogisticOptions {
  /** Pixels along one side of a cell. */
  readonly stride: number
  /** Pixels that are upsampled at a time; the result does not depend on it. Default 2²⁰. */
  readonly chunkPixels?: number
}

/**
 * The logistic loss of predicted regions against labels at full resolution.
 *
 * Each region's coarse logits are upsampled bilinearly (u), a pixel's target t is 1 where its label is the region's
 * instance and 0 elsewhere; a region's loss is the mean of log(1 + eᵘ) − t·u over the pixels that count, and the result
 * is the sum of these times the regions' weights. Only the regions that are named are upsampled, some at a time, and the
 * gradient, which is exact, is computed on the way: what stays for the backward pass is coarse. On the backends cpu and
 * wasm this is a loop over typed arrays that upsamples row by row; elsewhere, and compiled, it is tensor operations.
 *
 * Shapes: logits `[N, rows, columns, window²]` float32; labels `[N, H, W]` int32, negative where a pixel does not count,
 * padded so far that no window leaves them; regions `[A, 3]` int32: index of the region among all N·rows·columns, first
 * pixel of its window in the flattened labels, instance; weights `[A]` float32, 0 for places that are not used → scalar.
 * Throws `regionLogistic/wrong-shape`.
 * Source: Long 2016, §4.3.6.
 */
export function regionLogistic(
  logits: tf.Tensor4D,
  labels: tf.Tensor3D,
  regions: tf.Tensor2D,
  weights: tf.Tensor1D,
  { stride, chunkPixels = 2 ** 20 }: RegionLogisticOptions,
): tf.Scalar {
  checkShapes(logits, regions, weights)
  const window = Math.sqrt(logits.shape[3])
  const [count, area] = [logits.size / logits.shape[3], logits.shape[3]]
  const evaluate = loopsPay() ? evaluateOnArrays : evaluateOnTensors
  const operation = tf.customGrad((x, save) => {
    // tfjs passes the logits and, last, its save function.
    const keep = save as tf.GradSaveFunc
    const places = tf.slice(regions, [0, 0], [-1, 1])
    const { loss, gradient } = tf.tidy(() => {
      const flat = tf.reshape(x as tf.Tensor, [count, area])
      const chosen = tf.gather(flat, tf.reshape(places, [-1]))
      return evaluate({ chosen: chosen as tf.Tensor2D, labels, regions, weights, window, stride, chunkPixels })
    })
    keep([gradient, places])
    return {
      value: loss,
      gradFunc: (dy: tf.Tensor, saved) => {
        const [coarse, cells] = saved as tf.Tensor[]
        const laid = tf.scatterND(cells as tf.Tensor2D, tf.mul(coarse, dy), [count, area])
        return tf.reshape(laid, logits.shape)
      },
    }
  })
  return tf.tidy(() => operation(logits) as tf.Scalar)
}

interface Evaluation {
  /** Coarse logits of the regions that count: `[A, window²]`. */
  readonly chosen: tf.Tensor2D
  readonly labels: tf.Tensor3D
  readonly regions: tf.Tensor2D
  readonly weights: tf.Tensor1D
  readonly window: number
  readonly stride: number
  readonly chunkPixels: number
}

/** A loop over arrays beats the kernels of these two backends, and reads nothing back from a device. */
function loopsPay(): boolean {
  return ['cpu', 'wasm'].includes(tf.getBackend())
}

/** Loss and coarse gradient `[A, window²]` of the chosen logits. */
function evaluateOnArrays({ chosen, labels, regions, weights, window, stride }: Evaluation) {
  const targets = {
    labels: labels.dataSync<'int32'>(),
    labelStride: labels.shape[2],
    regions: regions.dataSync<'int32'>(),
    weights: weights.dataSync<'float32'>(),
  }
  const { loss, gradient } = evaluateRegions(chosen.dataSync<'float32'>(), targets, { window, stride })
  return { loss: tf.scalar(loss), gradient: tf.tensor2d(gradient, chosen.shape) }
}

/** The same as pure tensor operations, in chunks. */
export function evaluateOnTensors(evaluation: Evaluation) {
  const { chosen, window, stride, chunkPixels } = evaluation
  const size = Math.max(1, Math.floor(chunkPixels / (window * stride) ** 2))
  const up = upsamplingMatrix(window, stride)
  const flatLabels = tf.reshape(evaluation.labels, [-1])
  const offsets = windowOffsets(window * stride, evaluation.labels.shape[2])
  const losses: tf.Tensor[] = []
  const gradients: tf.Tensor[] = []
  for (let begin = 0; begin < chosen.shape[0]; begin += size) {
    const [loss, gradient] = tf.tidy(() => {
      const count = Math.min(size, chosen.shape[0] - begin)
      const [, corners, instances] = tf.split(tf.slice(evaluation.regions, [begin, 0], [count, 3]), 3, 1)
      const asImages = (column: tf.Tensor) => tf.reshape(column, [count, 1, 1])
      const labels = tf.gather(flatLabels, tf.add(offsets, asImages(corners)))
      const valid = tf.cast(tf.greaterEqual(labels, 0), 'float32')
      const targets = tf.cast(tf.equal(labels, asImages(instances)), 'float32')
      const pixels = tf.maximum(tf.sum(tf.sum(valid, 2, true), 1, true), 1)
      const shares = tf.mul(valid, tf.div(asImages(tf.slice(evaluation.weights, [begin], [count])), pixels))
      const coarse = tf.reshape(tf.slice(chosen, [begin, 0], [count, -1]), [count, window, window])
      const u = upsample(coarse, up)
      const logistic = tf.add(tf.sub(tf.relu(u), tf.mul(targets, u)), tf.log1p(tf.exp(tf.neg(tf.abs(u)))))
      const excess = tf.mul(shares, tf.sub(tf.sigmoid(u), targets))
      return [
        tf.sum(tf.sum(tf.mul(shares, logistic), 2)),
        tf.reshape(gathered(excess, up), [count, window * window]),
      ] as const
    })
    losses.push(loss)
    gradients.push(gradient)
  }
  return { loss: tf.addN(losses) as tf.Scalar, gradient: tf.concat(gradients) }
}

/** `[B, R, R]` → `[B, P, P]`: U·z·Uᵗ, as two products of matrices. */
function upsample(coarse: tf.Tensor, up: tf.Tensor2D): tf.Tensor {
  const [count, window] = coarse.shape
  const pixels = up.shape[0]
  const wide = tf.matMul(tf.reshape(coarse, [count * window, window]), up, false, true)
  const turned = tf.transpose(tf.reshape(wide, [count, window, pixels]), [0, 2, 1])
  const full = tf.matMul(tf.reshape(turned, [count * pixels, window]), up, false, true)
  return tf.transpose(tf.reshape(full, [count, pixels, pixels]), [0, 2, 1])
}

/** `[B, P, P]` → `[B, R, R]`: Uᵗ·g·U, the transpose of {@link upsample}. */
function gathered(full: tf.Tensor, up: tf.Tensor2D): tf.Tensor {
  const [count, pixels] = full.shape
  const window = up.shape[1]
  const narrow = tf.matMul(tf.reshape(full, [count * pixels, pixels]), up)
  const turned = tf.transpose(tf.reshape(narrow, [count, pixels, window]), [0, 2, 1])
  const coarse = tf.matMul(tf.reshape(turned, [count * window, pixels]), up)
  return tf.transpose(tf.reshape(coarse, [count, window, window]), [0, 2, 1])
}

/** U `[window·stride, window]`: a hat about each cell, whose values are those of `bilinearMatrix`. */
function upsamplingMatrix(window: number, stride: number): tf.Tensor2D {
  return tf.tidy(() => {
    const pixels = tf.range(0, window * stride, 1)
    const places = tf.clipByValue(tf.sub(tf.div(tf.add(pixels, 0.5), stride), 0.5), 0, window - 1)
    const distance = tf.sub(tf.expandDims(places, 1), tf.expandDims(tf.range(0, window, 1), 0))
    return tf.relu(tf.sub(1, tf.abs(distance))) as tf.Tensor2D
  })
}

/** `[1, P, P]` int32: how far each pixel of a window lies behind its first one in the flattened labels. */
function windowOffsets(pixels: number, rowLength: number): tf.Tensor3D {
  return tf.tidy(() => {
    const rows = tf.mul(tf.range(0, pixels, 1, 'int32'), tf.scalar(rowLength, 'int32'))
    const sum = tf.add(tf.expandDims(rows, 1), tf.expandDims(tf.range(0, pixels, 1, 'int32'), 0))
    return tf.expandDims(sum, 0) as tf.Tensor3D
  })
}

function checkShapes(logits: tf.Tensor4D, regions: tf.Tensor2D, weights: tf.Tensor1D): void {
  const window = Math.sqrt(logits.shape[3])
  if (Number.isInteger(window) && regions.shape[1] === 3 && regions.shape[0] === weights.shape[0]) return
  throw new PixelwiseError('regionLogistic/wrong-shape', {
    what: `regionLogistic: logits [${logits.shape.join(', ')}], regions [${regions.shape.join(', ')}], weights [${weights.shape.join(', ')}]`,
    rule: 'expected logits [N, rows, columns, window²], regions [A, 3] and weights [A]',
    next: 'take the targets from regionBatch',
  })
}
