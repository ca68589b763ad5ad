import { sizeOf } from '../graph/kernel-graph.js'
import { isPointwise, type Windows, windowsOfGradient } from './windows.js'
import { winogradTiles } from './winograd.js'

/** What a way to compute a convolution consists of, in numbers of elementary steps. */
export interface Work {
  /** Multiplications of a convolution whose filter ONNX Runtime knows beforehand, so that it can choose its layout. */
  readonly blocked?: number
  /** Multiplications of a convolution whose filter changes from run to run. */
  readonly plain?: number
  /** Multiplications of matrix products. */
  readonly product?: number
  /** Elements that ONNX Runtime writes out by itself for `plain`: what the taps of each window see. */
  readonly gathered?: number
  /** Elements written by slices, concatenations and transposes. */
  readonly moved?: number
  /** Elements of filters brought from tfjs's order of axes into ONNX's in every run. */
  readonly turned?: number
  /** Elements of maps in the domain of Winograd's factors. */
  readonly tiled?: number
  /** Elements of filters in that domain, where they change from run to run. */
  readonly filtered?: number
}

/**
 * Nanoseconds per step on one thread.
 *
 * Source: `node benchmarks/convolution-forms.mjs`, ONNX Runtime 1.30 on an AVX-512 x86-64 server.
 */
export const rates: Required<Work> = {
  blocked: 0.0156,
  plain: 0.0206,
  product: 0.0219,
  gathered: 0.4,
  moved: 0.86,
  turned: 20,
  tiled: 2.3,
  filtered: 1.16,
}

/** Ways to compute the same, by name. */
type Ways<T extends string> = Partial<Record<T, Work>>

/** Nanoseconds that each way takes. */
export function costsOf<T extends string>(ways: Ways<T>): Partial<Record<T, number>> {
  // Object.entries forgets the names that its argument's type knows.
  const entries = Object.entries(ways) as [T, Work][]
  return Object.fromEntries(entries.map(([way, work]) => [way, costOf(work)])) as Partial<Record<T, number>>
}

function costOf(work: Work): number {
  return (Object.keys(rates) as (keyof Work)[]).reduce((sum, step) => sum + rates[step] * (work[step] ?? 0), 0)
}

/** The sizes of a convolution: `[N, H, W, C]` of its input, tfjs's `[kh, kw, C, O]`, and where its windows lie. */
export interface Sizes {
  readonly x: readonly number[]
  readonly filter: readonly number[]
  readonly windows: Windows
  /** Whether the filter is the same in every run. */
  readonly constant: boolean
}

export type ForwardForm = 'direct' | 'columns' | 'winograd'

export function forwardWork(sizes: Sizes): Ways<ForwardForm> {
  const { filter, constant } = sizes
  if (constant) return { direct: { blocked: multiplications(sizes) }, ...winogradWork(sizes) }
  return {
    direct: { plain: multiplications(sizes), gathered: seenElements(sizes), turned: sizeOf(filter) },
    ...(tapsOf(sizes) <= mostSlices && {
      columns: { product: multiplications(sizes), moved: 2 * seenElements(sizes) },
    }),
    ...winogradWork(sizes),
  }
}

export type InputGradientForm = 'flipped' | 'transposed' | 'scattered' | 'winograd'

export function inputGradientWork(sizes: Sizes): Ways<InputGradientForm> {
  const { x, filter, windows, constant } = sizes
  const [, , channels, outputs] = filter
  const taps = tapsOf(sizes)
  const results = x[0] * sizeOf(windows.output) * taps * channels
  const turned = constant ? 0 : sizeOf(filter)
  const ways: Ways<InputGradientForm> = {
    transposed: { product: multiplications(sizes), moved: results, turned },
    ...(taps <= mostSlices && {
      scattered: {
        product: multiplications(sizes) + taps * results,
        moved: isPointwise(sizes.windows) ? 0 : 3 * results,
      },
    }),
  }
  const backwards = windowsOfGradient(windows)
  if (backwards === undefined) return ways
  const dy = [x[0], ...windows.output, outputs]
  const asForward = {
    x: dy,
    filter: [...windows.kernel, outputs, channels],
    windows: { ...backwards, output: [x[1], x[2]] as const },
    constant,
  }
  const direct = multiplications(asForward)
  return {
    ...ways,
    // Backwards and transposed with whole rows staying together, an element costs a fraction of a turned one.
    flipped: constant ? { blocked: direct } : { plain: direct, gathered: seenElements(asForward), moved: 6 * turned },
    ...winogradWork(asForward),
  }
}

export type FilterGradientForm = 'taps' | 'columns' | 'correlation' | 'winograd'

export function filterGradientWork(sizes: Sizes): Ways<FilterGradientForm> {
  const product = multiplications(sizes)
  const correlation = correlationWork(sizes)
  if (tapsOf(sizes) > mostSlices) return { correlation }
  return {
    taps: { product, moved: shiftedElements(sizes) + sizeOf(sizes.filter) },
    columns: { product, moved: 2 * seenElements(sizes) },
    correlation,
    ...winogradFilterGradientWork(sizes),
  }
}

/** A convolution with few outputs, the taps, which ONNX Runtime computes in vectors of 16. */
function correlationWork(sizes: Sizes): Work {
  const { x, filter } = sizes
  const vectors = Math.ceil(tapsOf(sizes) / 16) * 16
  return {
    plain: (multiplications(sizes) / tapsOf(sizes)) * vectors,
    moved: sizeOf(x) + seenElements(sizes) + sizeOf(filter), // its windows are as large as the map and leave the cache
  }
}

/** With several images the tiles of all of them are brought into one line, as if there were twice as many. */
function winogradFilterGradientWork(sizes: Sizes): { winograd?: Work } {
  const { winograd } = winogradWork({ ...sizes, constant: false })
  if (winograd === undefined) return {}
  const tiled = (sizes.x[0] === 1 ? 1 : 2) * (winograd.tiled ?? 0)
  return { winograd: { ...winograd, tiled } }
}

/** The filters of upsampling have thousands of taps: a slice for each would make a graph of thousands of nodes. */
const mostSlices = 128

/** Elements of a filter in Winograd's domain that may be held besides the filter itself, where it changes: 128 MiB. */
const largestFilter = 2 ** 25

function winogradWork({ x, filter, windows, constant }: Sizes): { winograd?: Work } {
  const tiles = winogradTiles(windows)
  if (tiles === undefined) return {}
  const [, , channels, outputs] = filter
  const count = x[0] * windows.output.reduce((all, cells) => all * Math.ceil(cells / tiles.outputs), 1)
  const factors = tiles.size ** 2
  if (!constant && factors * channels * outputs > largestFilter) return {}
  return {
    winograd: {
      product: factors * count * channels * outputs,
      tiled: factors * count * (channels + outputs),
      filtered: constant ? 0 : factors * channels * outputs,
    },
  }
}

function multiplications({ x, filter, windows }: Sizes): number {
  return x[0] * sizeOf(windows.output) * sizeOf(filter)
}

/** Elements that the taps see, written out; none where the map is that already. */
function seenElements(sizes: Sizes): number {
  const { x, filter, windows } = sizes
  return isPointwise(sizes.windows) ? 0 : x[0] * sizeOf(windows.output) * tapsOf(sizes) * filter[2]
}

/** Elements of x and dy moved for the taps of a filter; at a stride of 1, x for its columns alone and dy for its rows. */
function shiftedElements(sizes: Sizes): number {
  const { x, filter, windows } = sizes
  if (windows.stride[0] !== 1 || isPointwise(windows)) return seenElements(sizes)
  return x[0] * sizeOf(windows.output) * (filter[1] * filter[2] + filter[0] * filter[3])
}

function tapsOf({ filter }: Sizes): number {
  return filter[0] * filter[1]
}
