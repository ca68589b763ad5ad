import * as tf from '@tensorflow/tfjs-core'
import type { ProductShape } from '../algebra/product-terms.js'
import { type SemiringName, semirings } from '../algebra/semirings.js'
import { finiteOr0, shareOf, tensorSemirings } from './tensor-semirings.js'

/**
 * The product of pairs out of tfjs operations, for backends without a kernel of their own.
 *
 * For each of the R₁² steps of the left factor, all terms with it are one product of a channel with the shifted right
 * factor. To be added up they must be shifted within the window as well: with the lines of the right factor's window
 * lengthened to those of the result's, that is a shift of the flat channels, one pad.
 */
export function productByShifts(
  left: tf.Tensor4D,
  right: tf.Tensor4D,
  shape: ProductShape,
  semiring: SemiringName,
): tf.Tensor4D {
  return tf.tidy(() => {
    const whole = wholeProduct(shiftedTerms(left, right, shape, semiring), semiring)
    return cropWindow(whole, shape)
  })
}

/** The terms of one step of the left factor. */
interface ShiftedTerms {
  /** Rows and columns that the step is away from the first cell of the left window. */
  readonly step: readonly [row: number, column: number]
  /** Channels of the result's whole window in front of the terms. */
  readonly at: number
  left(): tf.Tensor4D
  right(): tf.Tensor4D
  /** `[N, H, W, stretched window of the right factor]`. */
  terms(): tf.Tensor4D
  /** The terms at their places in the whole window, zeros elsewhere. */
  placed(): tf.Tensor4D
}

function shiftedTerms(
  left: tf.Tensor4D,
  right: tf.Tensor4D,
  shape: ProductShape,
  semiring: SemiringName,
): ShiftedTerms[] {
  const { zero } = semirings[semiring]
  const { windows, origins, rows, columns } = shape
  const whole = wholeWindow(shape)
  const stretched = stretch(right, windows[1], whole, zero)
  const length = stretched.shape[3]
  const sides: [number, number] = [origins[0], windows[0] - 1 - origins[0]]
  const around = tf.pad(stretched, [[0, 0], sides, sides, [0, 0]], zero)
  return Array.from({ length: windows[0] ** 2 }, (_, i) => {
    const step = [Math.floor(i / windows[0]), i % windows[0]] as const
    const at = step[0] * whole + step[1]
    const ofLeft = () => tf.slice(left, [0, 0, 0, i], [-1, -1, -1, 1])
    const ofRight = () => tf.slice(around, [0, step[0], step[1], 0], [-1, rows, columns, -1])
    const terms = () => tensorSemirings[semiring].multiply(ofLeft(), ofRight()) as tf.Tensor4D
    const placed = () =>
      tf.pad(
        terms(),
        [
          [0, 0],
          [0, 0],
          [0, 0],
          [at, whole ** 2 - length - at],
        ],
        zero,
      )
    return { step, at, left: ofLeft, right: ofRight, terms, placed }
  })
}

function wholeWindow({ windows }: ProductShape): number {
  return windows[0] + windows[1] - 1
}

/** Adds up the terms, one tensor after the other. */
function wholeProduct(all: readonly ShiftedTerms[], semiring: SemiringName): tf.Tensor4D {
  const { add } = tensorSemirings[semiring === 'logsumexp' ? 'maxmin' : semiring]
  const sum = all
    .map(({ placed }) => placed)
    .reduce<tf.Tensor | undefined>((before, placed) => {
      return tf.tidy(() => (before === undefined ? placed() : add(before, placed())))
    }, undefined) as tf.Tensor4D // there is at least one step
  if (semiring !== 'logsumexp') return sum
  // The largest term is known now, and every other is taken relative to it.
  const largest = finiteOr0(sum)
  const relative = all.reduce<tf.Tensor>(
    (before, { placed }) => tf.tidy(() => tf.add(before, tf.exp(tf.sub(placed(), largest)))),
    tf.zerosLike(sum),
  )
  return tf.add(tf.log(relative), largest)
}

/** The gradients of {@link productByShifts} with respect to both factors. */
export function gradientByShifts(
  left: tf.Tensor4D,
  right: tf.Tensor4D,
  product: tf.Tensor4D,
  dy: tf.Tensor4D,
  shape: ProductShape,
  semiring: SemiringName,
): tf.Tensor[] {
  return tf.tidy(() => {
    const { zero } = semirings[semiring]
    const { windows, origins, rows, columns } = shape
    const whole = wholeWindow(shape)
    const result = uncropWindow(product, shape, zero)
    const upstream = uncropWindow(dy, shape, 0)
    const all = shiftedTerms(left, right, shape, semiring)
    const spread = spreaders[semiring](result, upstream)
    const length = (windows[1] - 1) * whole + windows[1]
    const ofLeft: tf.Tensor4D[] = []
    let ofAround: tf.Tensor4D = tf.zeros([left.shape[0], rows + windows[0] - 1, columns + windows[0] - 1, length])
    for (const each of all) {
      const [toLeft, toRight] = spread(each, length)
      ofLeft.push(tf.sum(toLeft, 3, true) as tf.Tensor4D)
      const [row, column] = each.step
      const back = tf.pad(toRight, [
        [0, 0],
        [row, windows[0] - 1 - row],
        [column, windows[0] - 1 - column],
        [0, 0],
      ])
      ofAround = tf.add(ofAround, back)
    }
    const inside = tf.slice(ofAround, [0, origins[0], origins[0], 0], [-1, rows, columns, -1])
    return [tf.concat(ofLeft, 3), unstretch(inside, windows[1], whole)]
  })
}

/** What the terms of one step pass back to the left and to the right factor, both in the shape of the terms. */
type Spread = (terms: ShiftedTerms, length: number) => readonly [tf.Tensor4D, tf.Tensor4D]
type Spreader = (result: tf.Tensor4D, upstream: tf.Tensor4D) => Spread

const spreaders: Readonly<Record<SemiringName, Spreader>> = {
  sumproduct: (_result, upstream) => (each, length) => {
    const flow = part(upstream, each, length)
    return [tf.mul(flow, each.right()), tf.mul(flow, each.left())]
  },
  minplus: (result, upstream) => {
    const take = firstWinners('minplus', result, upstream)
    return (each, length) => {
      const flow = take(each, length)
      return [flow, flow]
    }
  },
  maxmin: (result, upstream) => {
    const take = firstWinners('maxmin', result, upstream)
    return (each, length) => {
      const flow = take(each, length)
      const isLeft = tf.lessEqual(each.left(), each.right())
      const none = tf.zerosLike(flow)
      return [tf.where(isLeft, flow, none), tf.where(isLeft, none, flow)]
    }
  },
  logsumexp: (result, upstream) => (each, length) => {
    const flow = tf.mul(part(upstream, each, length), shareOf(each.terms(), part(result, each, length))) as tf.Tensor4D
    return [flow, flow]
  },
}

/** The upstream gradient of the entries that a step's terms win, each entry going to the first that does. */
function firstWinners(semiring: SemiringName, result: tf.Tensor4D, upstream: tf.Tensor4D) {
  let open: tf.Tensor = tf.notEqual(result, semirings[semiring].zero)
  return (each: ShiftedTerms, length: number): tf.Tensor4D => {
    const wins = tf.logicalAnd(open, tf.equal(each.placed(), result))
    open = tf.logicalAnd(open, tf.logicalNot(wins))
    return part(tf.where(wins, upstream, tf.zerosLike(upstream)), each, length)
  }
}

/** The channels of a whole window that a step's terms contribute to. */
function part(x: tf.Tensor4D, { at }: ShiftedTerms, length: number): tf.Tensor4D {
  return tf.slice(x, [0, 0, 0, at], [-1, -1, -1, length])
}

/** Lengthens the lines of a window to `line` cells, but for the last: `[N, H, W, (R − 1)·line + R]`. */
function stretch(x: tf.Tensor4D, window: number, line: number, fill: number): tf.Tensor4D {
  const [batch, rows, columns] = x.shape
  const lines = tf.reshape<tf.Rank.R3>(x, [batch * rows * columns, window, window])
  const longer = tf.reshape(
    tf.pad(
      lines,
      [
        [0, 0],
        [0, 0],
        [0, line - window],
      ],
      fill,
    ),
    [batch, rows, columns, -1],
  )
  return tf.slice(longer as tf.Tensor4D, [0, 0, 0, 0], [-1, -1, -1, (window - 1) * line + window])
}

/** Takes the lengthening back. */
function unstretch(x: tf.Tensor4D, window: number, line: number): tf.Tensor4D {
  const [batch, rows, columns] = x.shape
  const longer = tf.pad(x, [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, line - window],
  ])
  const lines = tf.reshape<tf.Rank.R3>(longer, [batch * rows * columns, window, line])
  return tf.reshape(tf.slice(lines, [0, 0, 0], [-1, -1, window]), [batch, rows, columns, window * window])
}

/** The kept part of a whole window. */
function cropWindow(x: tf.Tensor4D, shape: ProductShape): tf.Tensor4D {
  const { batch, rows, columns, first, window } = shape
  const whole = wholeWindow(shape)
  if (window === whole) return x
  const lines = tf.reshape<tf.Rank.R3>(x, [batch * rows * columns, whole, whole])
  return tf.reshape(tf.slice(lines, [0, first, first], [-1, window, window]), [batch, rows, columns, window * window])
}

/** A whole window around the kept part. */
function uncropWindow(x: tf.Tensor4D, shape: ProductShape, fill: number): tf.Tensor4D {
  const { batch, rows, columns, first, window } = shape
  const whole = wholeWindow(shape)
  if (window === whole) return x
  const sides: [number, number] = [first, whole - first - window]
  const lines = tf.reshape<tf.Rank.R3>(x, [batch * rows * columns, window, window])
  return tf.reshape(tf.pad(lines, [[0, 0], sides, sides], fill), [batch, rows, columns, whole * whole])
}
