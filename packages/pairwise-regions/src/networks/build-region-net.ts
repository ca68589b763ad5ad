import {
  type Backbone,
  ChannelScale,
  Convolution,
  type ConvolutionConfig,
  PixelwiseError,
  Rng,
  type Tap,
} from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { LocalMatrix } from '../layers/local-matrix.js'
import { RegionTranspose } from '../layers/region-transpose.js'
import { SubsampledRegions } from '../layers/subsampled-regions.js'
import { centredOrigin } from '../pair-array.js'
import type { PathwayOptions } from './pathway-options.js'
import type { RegionNet, RegionPathway } from './region-net.js'

/** The pathways of a region net, and what they are made of. */
export interface RegionNetOptions {
  /** Fine to coarse. */
  readonly pathways: readonly PathwayOptions[]
  /** Whether what a filter predicts is transposed, so that the features under a cell speak about it. Default true. */
  readonly transpose?: boolean
  /** Whether each region is multiplied by a learned matrix at the end. Default true. */
  readonly matrix?: boolean
  /** Whether each pathway also scores its regions. Default true. */
  readonly scores?: boolean
  /** Every so many cells, in rows and in columns, one is the centre of a region. Default 1. */
  readonly step?: number
  /** Draws the first weights of the pathways. Default 0. */
  readonly seed?: number
  /** `drawn`: for training (default); `zeros`: to be loaded, which saves drawing many millions of numbers. */
  readonly start?: 'drawn' | 'zeros'
  readonly name?: string
}

/**
 * A net that proposes regions at several scales: pathways that leave a backbone at its taps.
 *
 * A pathway predicts with one convolution what each region covers (with `transpose` and `matrix` off that is all: the
 * structure of DeepMask), transposes it, and multiplies every region by one matrix. Beside it, two convolutions score the
 * region. Filters start as N(0, 0.01²), matrices as the identity plus N(0, 0.01²). Of the backbone it needs only what
 * `Backbone` says; its layers are shared.
 *
 * Throws `regions/no-such-tap`, `regions/misaligned-tap` where a tap's cells lie half a cell or more off the grid that
 * regions live on, and `regions/bad-pathway`.
 * Source: Long 2016, §4.3.1, §4.3.3, §4.4.1, Table 4.1; Pinheiro et al. 2015.
 */
export function regionNet(backbone: Backbone, options: RegionNetOptions): RegionNet {
  const { scores = true, step = 1 } = options
  const built = options.pathways.map((pathway) => {
    const { tap, features } = tapOf(backbone, pathway)
    const read = reduced(scaled(features, pathway), pathway, options)
    return {
      regions: regionsOf(read, pathway, options),
      score: scores ? scoreOf(read, pathway, options) : [],
      pathway: describe(tap, pathway, step),
    }
  })
  return {
    model: model({
      name: options.name ?? `regions-${backbone.name}`,
      inputs: backbone.model.inputs,
      outputs: [...built.map(({ regions }) => regions), ...built.flatMap(({ score }) => score)],
    }),
    pathways: built.map(({ pathway }) => pathway),
    scored: scores,
    preprocessing: backbone.preprocessing,
  }
}

function describe({ name, map }: Tap, { window }: PathwayOptions, step: number): RegionPathway {
  return { name, stride: map.rows.stride, window, origin: centredOrigin(window), step }
}

function scaled(features: SymbolicTensor, { tap, scale = 1 }: PathwayOptions): SymbolicTensor {
  if (scale === 1) return features
  return apply(new ChannelScale({ value: scale, trainable: false, name: `${tap}/scale` }), features)
}

/** Our own addition for pathways of very many channels; the thesis has none. */
function reduced(features: SymbolicTensor, { tap, reduction }: PathwayOptions, options: RegionNetOptions) {
  if (reduction === undefined) return features
  return relu(convolve(features, `${tap}/reduce`, { filters: reduction, kernel: 1 }, options))
}

function regionsOf(features: SymbolicTensor, pathway: PathwayOptions, options: RegionNetOptions): SymbolicTensor {
  const { transpose = true, matrix = true, step = 1, seed = 0, start = 'drawn' } = options
  const { tap, window, kernel } = pathway
  const name = `${tap}/regions`
  const isSparse = transpose && step > 1
  const predict = isSparse
    ? new SubsampledRegions({ window, kernel, step, name })
    : new Convolution({ ...regionFilters(pathway), ...(!transpose && step > 1 && { stride: step }), name })
  const predicted = apply(predict, features)
  if (start === 'drawn') drawFilters(predict, new Rng(seed).split(`${name}/kernel`))
  const pairs = transpose && !isSparse ? apply(new RegionTranspose({ name: `${tap}/transpose` }), predicted) : predicted
  const deviation = start === 'drawn' ? 0.01 : 0
  return matrix ? apply(new LocalMatrix({ deviation, seed, name: `${tap}/matrix` }), pairs) : pairs
}

/** A convolution with one filter for each cell of the window. */
function regionFilters({ window, kernel }: PathwayOptions): ConvolutionConfig {
  return { filters: window * window, kernel, pad: (kernel - 1) / 2, start: 'zeros' }
}

function scoreOf(features: SymbolicTensor, { tap, kernel }: PathwayOptions, options: RegionNetOptions): SymbolicTensor {
  const { step = 1 } = options
  const hidden = convolve(features, `${tap}/score_features`, { filters: scoreChannels, kernel }, options)
  const stride = step > 1 && { stride: step }
  return convolve(relu(hidden), `${tap}/score`, { filters: 1, kernel, ...stride }, options)
}

/** Channels between the two convolutions that score; the thesis says no more than that scoring is simple. */
const scoreChannels = 32

function convolve(
  x: SymbolicTensor,
  name: string,
  settings: Pick<ConvolutionConfig, 'filters' | 'stride'> & { readonly kernel: number },
  { seed = 0, start = 'drawn' }: RegionNetOptions,
): SymbolicTensor {
  const first = start === 'drawn' ? 'msra' : 'zeros'
  return apply(new Convolution({ ...settings, pad: (settings.kernel - 1) / 2, start: first, seed, name }), x)
}

function relu(x: SymbolicTensor): SymbolicTensor {
  return apply(layers.activation({ activation: 'relu', name: `${x.sourceLayer.name}_relu` }), x)
}

function apply(layer: layers.Layer, x: SymbolicTensor): SymbolicTensor {
  return layer.apply(x) as SymbolicTensor
}

/** Filters as N(0, 0.01²), Caffe's customary start of a new layer; the bias stays zero. */
function drawFilters(layer: layers.Layer, rng: Rng): void {
  const [kernel] = layer.weights
  const shape = kernel.shape as number[]
  const values = new Float32Array(tf.util.sizeFromShape(shape))
  for (let i = 0; i < values.length; i++) values[i] = rng.normal(0, 0.01)
  tf.tidy(() => {
    kernel.write(tf.tensor(values, shape))
  })
}

function tapOf(backbone: Backbone, pathway: PathwayOptions): { tap: Tap; features: SymbolicTensor } {
  const index = backbone.taps.findIndex(({ name }) => name === pathway.tap)
  if (index === -1) {
    throw new PixelwiseError('regions/no-such-tap', {
      what: `${backbone.name} has no tap "${pathway.tap}"`,
      rule: `its taps are ${backbone.taps.map(({ name }) => name).join(', ')}`,
      next: 'choose one of these, or give the backbone others with retapped',
    })
  }
  checkPathway(pathway)
  const tap = backbone.taps[index]
  checkAlignment(backbone, tap)
  return { tap, features: backbone.model.outputs[index] }
}

function checkPathway({ tap, kernel, window, scale = 1, reduction = 1 }: PathwayOptions): void {
  const whole = (value: number) => Number.isInteger(value) && value >= 1
  if (whole(kernel) && kernel % 2 === 1 && whole(window) && whole(reduction) && Number.isFinite(scale)) return
  throw new PixelwiseError('regions/bad-pathway', {
    what: `pathway ${tap}: kernel ${kernel}, window ${window}, scale ${scale}, reduction ${reduction}`,
    rule: 'a kernel is an odd number of cells, a window and a reduction are whole numbers from 1, a scale is a finite number',
    next: 'see vgg16Pathways for those of the thesis',
  })
}

/** Cell c of a pathway of stride s is taken to cover the pixels from s·c, so the features' centres must lie in there. */
function checkAlignment(backbone: Backbone, { name, map: { rows, columns } }: Tap): void {
  const shift = (axis: typeof rows) => axis.offset - (axis.stride - 1) / 2
  const fits =
    rows.stride === columns.stride && [rows, columns].every((axis) => Math.abs(shift(axis)) < axis.stride / 2)
  if (fits) return
  throw new PixelwiseError('regions/misaligned-tap', {
    what: `tap "${name}" of ${backbone.name} looks ${shift(rows)} rows and ${shift(columns)} columns of pixels beside its cells (stride ${rows.stride}×${columns.stride})`,
    rule: 'a tap has one stride in both axes, and its features look less than half a cell beside the middle of their cell',
    next: 'build the backbone with another pad of its first convolution, so that maps have the size of the image divided by the stride',
  })
}
