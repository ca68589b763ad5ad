import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { at, type PerAxis } from '../geometry/spatial-map.js'

/** A shape as people write it: `[2, 9, 11, 4]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}

/** Throws `<operation>/wrong-rank` unless the tensor has as many axes as `axes` names. */
export function checkRank(operation: string, name: string, tensor: tf.Tensor, axes: string): void {
  const rank = axes.split(',').length
  if (tensor.rank === rank) return
  throw new PixelwiseError(`${operation}/wrong-rank`, {
    what: `${operation}: ${name} of shape ${shapeText(tensor.shape)}`,
    rule: `expected rank ${rank}, [${axes}]`,
    next: 'reshape it, or add the missing axis with tf.expandDims',
  })
}

/** Throws `<operation>/bad-option` unless both parts of the option are whole numbers ≥ `least`. */
export function checkWhole(operation: string, option: string, value: PerAxis, least: number): void {
  for (const axis of [0, 1] as const) {
    const part = at(value, axis)
    if (Number.isInteger(part) && part >= least) continue
    throw new PixelwiseError(`${operation}/bad-option`, {
      what: `${operation}: ${option} ${part}`,
      rule: `expected a whole number of at least ${least}`,
      next: `change ${option}`,
    })
  }
}

/** Throws `<operation>/channels-not-divisible` unless `groups` divides the channel count. */
export function checkGroups(operation: string, what: string, channels: number, groups: number): void {
  checkWhole(operation, 'groups', groups, 1)
  if (channels % groups === 0) return
  throw new PixelwiseError(`${operation}/channels-not-divisible`, {
    what: `${operation}: ${channels} ${what} in ${groups} groups`,
    rule: 'the number of groups must divide the number of channels',
    next: `choose groups among the divisors of ${channels}`,
  })
}

/**
 * Throws `tensor/not-finite` where a tensor holds NaN or an infinity, naming the first such element.
 *
 * Reads the data back from the device, so it belongs at the door of a program, not inside a training step.
 */
export async function checkFinite(tensor: tf.Tensor, name: string): Promise<void> {
  const finite = tf.tidy(() => tf.all(tf.isFinite(tensor)))
  const [allFinite] = await finite.data()
  finite.dispose()
  if (allFinite) return
  const values = await tensor.data()
  const index = values.findIndex((value) => !Number.isFinite(value))
  throw new PixelwiseError('tensor/not-finite', {
    what: `${name} holds ${values[index]} at ${shapeText(positionOf(index, tensor.shape))}`,
    rule: 'every value must be a finite number',
    next: 'check the decoding and scaling of the input, or lower the learning rate if the value came from training',
  })
}

/**
 * Throws `labels/out-of-range` where a label is neither in `0..classes−1` nor the ignore label, naming the first one.
 *
 * Shapes: labels `[N, H, W]` int32. Reads the data back from the device, so it belongs where a batch is put together.
 */
export async function checkLabels(labels: tf.Tensor, classes: number, ignore = 255): Promise<void> {
  checkRank('checkLabels', 'labels', labels, 'N, H, W')
  const values = await labels.data()
  const index = values.findIndex((label) => !(label >= 0 && label < classes) && label !== ignore)
  if (index < 0) return
  const [image, row, column] = positionOf(index, labels.shape)
  throw new PixelwiseError('labels/out-of-range', {
    what: `label ${values[index]} at (${row}, ${column}) of image ${image} of the batch`,
    rule: `expected 0..${classes - 1} or ${ignore} (ignore)`,
    next: 'map the labels to the classes of the net, or give the net as many outputs as there are classes',
  })
}

/** The indices of a flat row-major position. */
function positionOf(index: number, shape: readonly number[]): number[] {
  const position: number[] = []
  let rest = index
  for (const size of [...shape].reverse()) {
    position.unshift(rest % size)
    rest = Math.floor(rest / size)
  }
  return position
}
