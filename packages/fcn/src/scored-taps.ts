import { type Backbone, PixelwiseError, type Tap } from '@pixelwise/core'
import type { HeadOptions } from './head-options.js'

/** A tap that takes part in a head. */
export interface ScoredTap {
  readonly name: string
  readonly stride: number
  /** Whether the trunk has no coarser one: published heads call its scores `score_fr`, whatever the tap is called. */
  readonly isLast: boolean
  /** Its place among the taps of each trunk. */
  readonly indices: readonly number[]
}

/**
 * The taps that take part, coarse to fine: the coarsest of each stride between the two that the options name.
 *
 * Throws `fcn/no-such-stride` and, where several trunks are joined, `fcn/trunks-differ`.
 */
export function chosenTaps(backbones: readonly Backbone[], { stride, coarsest }: HeadOptions): ScoredTap[] {
  const [first, ...others] = backbones
  const byStride = new Map(first.taps.map((tap, index) => [strideOf(tap), index]))
  const strides = [...byStride.keys()].sort((a, b) => b - a)
  for (const wanted of coarsest === undefined ? [stride] : [stride, coarsest]) {
    if (!byStride.has(wanted)) throw noSuchStride(first, wanted, strides)
  }
  const start = coarsest ?? strides[0]
  if (start < stride) throw coarserThanStart(start, stride)
  return strides
    .filter((one) => one <= start && one >= stride)
    .map((one) => {
      const { name } = first.taps[byStride.get(one)!]
      const indices = [first, ...others].map((backbone) => sameTap(backbone, name, one, first))
      return { name, stride: one, isLast: one === strides[0], indices }
    })
}

function sameTap(backbone: Backbone, name: string, stride: number, first: Backbone): number {
  const index = backbone.taps.findIndex((tap) => tap.name === name && strideOf(tap) === stride)
  if (index >= 0) return index
  throw new PixelwiseError('fcn/trunks-differ', {
    what: `trunk ${backbone.name} has no tap ${name} of stride ${stride}, as ${first.name} has`,
    rule: 'scores of several trunks are joined tap by tap',
    next: 'build the trunks with the same backbone and options',
  })
}

function noSuchStride({ name }: Backbone, stride: number, strides: readonly number[]): PixelwiseError {
  return new PixelwiseError('fcn/no-such-stride', {
    what: `backbone ${name} has no tap of stride ${stride}`,
    rule: `its taps have strides ${[...strides].reverse().join(', ')}`,
    next: 'choose one of these, or give the backbone a tap where the head should join',
  })
}

function coarserThanStart(coarsest: number, stride: number): PixelwiseError {
  return new PixelwiseError('fcn/bad-strides', {
    what: `a head from stride ${coarsest} to stride ${stride}`,
    rule: 'scores begin at the coarsest stride and become finer',
    next: 'pass a stride that is not above coarsest',
  })
}

function strideOf(tap: Tap): number {
  return tap.map.rows.stride
}
