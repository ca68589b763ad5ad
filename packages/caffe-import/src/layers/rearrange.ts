import { identityMap, type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { reshape, type Tensor, transpose } from '@tensorflow/tfjs-core'
import { shapeText } from '../names.js'
import { caffeAxis, caffeShape, fromCaffe, ourAxis, ourShape, product, toCaffe } from './axes.js'

export interface RearrangeConfig {
  /** How many of Caffe's axes the input has. */
  readonly rank: number
  /**
   * Changes one after the other, each as numbers: the first of Caffe's axes that is replaced, how many are, and their new
   * sizes: 0 keeps the size at that place, −1 takes what is left. Between two changes there may be more than four axes.
   */
  readonly steps: readonly (readonly [axis: number, axes: number, ...sizes: number[]])[]
}

/**
 * Gives the same values other sizes, read in Caffe's order batch, channels, rows, columns (Caffe: Reshape and Flatten).
 *
 * Shapes: `[N, H, W, C]` → a map of at most four of Caffe's axes. Throws `reshape/does-not-fit`.
 */
export class Rearrange extends PixelwiseLayer<RearrangeConfig> {
  static readonly className = 'Pixelwise>CaffeRearrange'

  override inferShape([input]: Shape[]): Shape {
    return ourShape(this.#newSizes(caffeShape(input)))
  }

  override forward([x]: Tensor[]): Tensor {
    const sizes = this.#newSizes(caffeShape(x.shape)) as number[]
    return fromCaffe(reshape(toCaffe(x), [...sizes, 1, 1, 1].slice(0, 4)))
  }

  #newSizes(input: Shape): Shape {
    const { rank, steps } = this.config
    return steps.reduce((sizes: Shape, step) => this.#afterStep(sizes, step), input.slice(0, rank))
  }

  #afterStep(known: Shape, [axis, axes, ...sizes]: RearrangeConfig['steps'][number]): Shape {
    const before = known.slice(0, axis)
    const after = known.slice(axis + axes)
    const copied = sizes.map((size, i) => (size === 0 ? known[axis + i] : size))
    const total = product(known.slice(axis, axis + axes))
    const rest = product(copied.filter((size) => size !== -1))
    const replaced = copied.map((size) => {
      if (size !== -1) return size
      // Free sizes that both sides share cancel out.
      const free = (shape: Shape) => shape.filter((one) => one === null).length
      if (total === null || rest === null) {
        const same = free(known.slice(axis, axis + axes)) === free(copied)
        return same ? quotient(known.slice(axis, axis + axes), copied) : null
      }
      return total / rest
    })
    const output = [...before, ...replaced, ...after]
    const [had, has] = [product(known), product(output)]
    const whole = output.every((size) => size === null || Number.isInteger(size))
    if (whole && (had === null || has === null || had === has)) return output
    throw new PixelwiseError('reshape/does-not-fit', {
      what: `${this.name}: ${shapeText(known)} into ${shapeText(output)}`,
      rule: 'both shapes hold the same number of values',
      next: 'feed an input of the size that the net was made for',
    })
  }
}

/** What −1 stands for when the same free sizes stand on both sides. */
function quotient(from: Shape, to: Shape): number | null {
  const known = (shape: Shape) => product(shape.filter((size) => size !== null && size !== -1)) ?? 1
  return known(from) / known(to)
}

export interface PermutationConfig {
  /** For each of Caffe's axes of the output, the input's axis it comes from. */
  readonly order: readonly number[]
}

/** Changes the order of the axes (SSD's Permute layer), stated in Caffe's axes. */
export class Permutation extends PixelwiseLayer<PermutationConfig> {
  static readonly className = 'Pixelwise>CaffePermutation'

  override inferShape([input]: Shape[]): Shape {
    return this.#ourOrder().map((axis) => input[axis])
  }

  override forward([x]: Tensor[]): Tensor {
    return transpose(x, this.#ourOrder())
  }

  #ourOrder(): number[] {
    return [0, 1, 2, 3].map((axis) => ourAxis(this.config.order[caffeAxis(axis)]))
  }
}

export const rearrangeLayer: LayerPlugin<Rearrange> = { layer: Rearrange, spatialMap: () => null }
export const permutationLayer: LayerPlugin<Permutation> = {
  layer: Permutation,
  spatialMap: ({ config: { order } }) => (order[2] === 2 && order[3] === 3 ? identityMap : null),
}
