import type { LoweringContext } from '../onnx/lowering-context.js'
import { inTwoDimensions, type Matrix, type ToomCook, toomCook, transposed } from './toom-cook.js'
import type { Windows } from './windows.js'

/**
 * Outputs per tile and axis, by the taps of a filter. Tiles of 6 and 8 inputs keep the rounding near 1e-5; larger ones
 * save little more and lose digits.
 */
const tileOutputs: Readonly<Record<number, number>> = { 3: 4, 5: 4, 7: 2 }

/** The tiles that a convolution can be cut into: square filters of 3, 5 or 7 taps, stride and dilation 1. */
export function winogradTiles({ kernel, stride, dilation, before, after }: Windows): ToomCook | undefined {
  const [taps] = kernel
  const dense = [...stride, ...dilation].every((cells) => cells === 1) && kernel[1] === taps
  if (!dense || [...before, ...after].some((cells) => cells < 0) || !(taps in tileOutputs)) return undefined
  return toomCook(tileOutputs[taps], taps)
}

/** How a map is cut into tiles: `[rows, columns]` added before and after it. */
export interface Tiling {
  readonly tiles: ToomCook
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/**
 * A convolution as products of tiles in the domain of Winograd's factors, in which a tile of m×m outputs costs
 * (m + r − 1)² multiplications per pair of channels instead of m²·r².
 *
 * `x` is `[N, C, H, W]`; `filter` is tfjs's `[r, r, C, O]`, which `backwards` reads turned around and with its channels
 * swapped, as the gradient for the input needs it. Gives `[N, O, height, width]`.
 * Source: Lavin and Gray 2016, §4.1, with the transforms as convolutions and matrix products.
 */
export function winogradConvolution(
  context: LoweringContext,
  x: { readonly name: string; readonly shape: readonly number[] },
  filter: { readonly name: string; readonly shape: readonly number[]; readonly backwards: boolean },
  { tiles, before, after }: Tiling,
  [height, width]: readonly number[],
): string {
  const products = tiles.size ** 2
  const [, , inner, outer] = filter.shape
  const [batch] = x.shape
  const outputs = filter.backwards ? inner : outer
  const map = inTwoDimensions(tiles.filter)
  const taps = context.reshape(filter.name, [tiles.taps ** 2, inner * outer])
  const scaled = context.emit('MatMul', [
    matrix(context, filter.backwards ? map.map((row) => [...row].reverse()) : map),
    taps,
  ])
  const factors = context.reshape(scaled, [1, products, inner, outer])
  const weights = filter.backwards ? factors : context.transpose(factors, [0, 1, 3, 2]) // outputs × channels

  const end = after.map((cells) => cells + tiles.outputs - 1) // the last tiles reach beyond the map
  const cut = { matrix: tiles.input, size: tiles.size, stride: tiles.outputs, pads: [...before, ...end] }
  const { factors: seen, tileShape } = tileFactors(context, x.name, x.shape, cut) // C, N, products, tiles
  const product = context.emit('MatMul', [weights, context.transpose(seen, [1, 2, 0, 3])])

  const sums = context.reshape(product, [batch, products, -1])
  const cells = context.emit('MatMul', [matrix(context, inTwoDimensions(tiles.output)), sums])
  const leading = context.integers([batch, tiles.outputs ** 2 * outputs])
  const byTile = context.emit('Reshape', [cells, context.emit('Concat', [leading, tileShape], { axis: 0 })])
  const whole = context.emit('DepthToSpace', [byTile], { blocksize: tiles.outputs, mode: 'DCR' })
  if (!context.freeSizes && height % tiles.outputs === 0 && width % tiles.outputs === 0) return whole
  return context.emit('Slice', [
    whole,
    context.integers([0, 0]),
    context.integers([height, width]),
    context.integers([2, 3]),
  ])
}

/**
 * The filter's gradient by the same identity, transposed: Gᵀ [Σ (Bᵀ d B) ⊙ (A dy Aᵀ)] G, with one matrix product per
 * factor over all tiles. Gives tfjs's `[r, r, C, O]`.
 */
export function winogradFilterGradient(
  context: LoweringContext,
  x: { readonly name: string; readonly shape: readonly number[] },
  dy: { readonly name: string; readonly shape: readonly number[] },
  { tiles, before, after }: Tiling,
): string {
  const beyond = tiles.outputs - 1
  const ofInput = {
    matrix: tiles.input,
    size: tiles.size,
    stride: tiles.outputs,
    pads: [...before, ...after.map((cells) => cells + beyond)],
  }
  const ofGradient = {
    matrix: transposed(tiles.output),
    size: tiles.outputs,
    stride: tiles.outputs,
    pads: [0, 0, beyond, beyond],
  }
  const seen = tileFactors(context, x.name, x.shape, ofInput).factors
  const gradients = tileFactors(context, dy.name, dy.shape, ofGradient).factors
  const products = tiles.size ** 2
  const [batch, , , channels] = x.shape
  const outputs = dy.shape[3]
  const oneImage = batch === 1 && !context.freeSizes
  // The tiles of all images in one line; for one image ONNX Runtime reads them as they lie.
  const [left, right] = oneImage
    ? [context.transpose(seen, [1, 2, 0, 3]), context.transpose(gradients, [1, 2, 3, 0])]
    : [
        context.reshape(context.transpose(seen, [2, 0, 1, 3]), [products, channels, -1]),
        context.reshape(context.transpose(gradients, [2, 1, 3, 0]), [products, -1, outputs]),
      ]
  const sums = context.reshape(context.emit('MatMul', [left, right]), [products, channels * outputs])
  const taps = context.emit('MatMul', [matrix(context, transposed(inTwoDimensions(tiles.filter))), sums])
  return context.reshape(taps, [tiles.taps, tiles.taps, channels, outputs])
}

/** Every tile of every channel through a linear map: `[C, N, factors, tiles]`, and rows and columns of tiles. */
function tileFactors(
  context: LoweringContext,
  name: string,
  [batch, height, width, channels]: readonly number[],
  {
    matrix: line,
    size,
    stride,
    pads,
  }: { readonly matrix: Matrix; readonly size: number; readonly stride: number; readonly pads: readonly number[] },
): { factors: string; tileShape: string } {
  const map = inTwoDimensions(line)
  const byChannel = batch === 1 && !context.freeSizes ? name : context.transpose(name, [1, 0, 2, 3])
  const planes = context.reshape(byChannel, [-1, 1, height, width])
  const kernel = context.constant(Float32Array.from(map.flat()), {
    shape: [map.length, 1, size, size],
    dtype: 'float32',
  })
  const tiled = context.emit('Conv', [planes, kernel], { kernel_shape: [size, size], strides: [stride, stride], pads })
  return {
    factors: context.reshape(tiled, [channels, batch, map.length, -1]),
    tileShape: context.emit('Shape', [tiled], { start: 2, end: 4 }),
  }
}

function matrix(context: LoweringContext, rows: Matrix): string {
  return context.constant(Float32Array.from(rows.flat()), { shape: [rows.length, rows[0].length], dtype: 'float32' })
}
