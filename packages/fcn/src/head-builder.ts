import {
  type Backbone,
  BilinearUpsampling,
  ChannelScale,
  Concatenation,
  Convolution,
  CropLike,
  compose,
  identityMap,
  mapOffset,
  PixelwiseError,
  ResizeLike,
  type SpatialMap,
  TransposedConvolution,
  translation,
  transposedWindowMap,
} from '@pixelwise/core'
import { tensor4d } from '@tensorflow/tfjs-core'
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import type { HeadOptions } from './head-options.js'
import { chosenTaps, type ScoredTap } from './scored-taps.js'

/** A trunk whose features are scored, and the ending of its layers' names where there are several. */
export interface Stream {
  readonly backbone: Backbone
  readonly suffix: string
}

/** Builds one head upon one or more trunks; names of its layers end in `suffix`. */
export class HeadBuilder {
  readonly #streams: readonly Stream[]
  readonly #options: HeadOptions
  readonly #classes: number
  readonly #suffix: string
  /** Where each tensor of the head lies in the image; the extent of fused maps does not matter here. */
  readonly #maps = new Map<SymbolicTensor, SpatialMap>()

  constructor(streams: readonly Stream[], options: HeadOptions, classes: number, suffix = '') {
    this.#streams = streams
    this.#options = options
    this.#classes = classes
    this.#suffix = suffix
    for (const { backbone } of streams) {
      this.#maps.set(backbone.model.inputs[0], identityMap)
      for (const [i, { map }] of backbone.taps.entries()) this.#maps.set(backbone.model.outputs[i], map)
    }
  }

  /** Scores at the size of the (first) image. */
  build(): SymbolicTensor {
    const [coarsest, ...skips] = chosenTaps(
      this.#streams.map(({ backbone }) => backbone),
      this.#options,
    )
    const image = this.#streams[0].backbone.model.inputs[0]
    let scores = this.#score(coarsest, coarsest.isLast ? 'fr' : coarsest.name)
    let from = coarsest
    for (const [i, skip] of skips.entries()) {
      // The published nets call the first upsampling by its factor and the others by what they enlarge.
      const name = i === 0 ? `upscore${from.stride / skip.stride}` : `upscore_${from.name}`
      const fine = this.#score(skip, skip.name, this.#options.skipScales?.[i])
      const enlarged = this.#upsample(scores, fine, this.#named(name), this.#options.upsampling === 'learned')
      scores = this.#fuse(enlarged, fine, skip)
      from = skip
    }
    if (this.#resizes) return this.#resize(scores, image, this.#named('score'))
    const enlarged = this.#upsample(scores, image, this.#named(lastName(coarsest, skips)))
    return this.#cropTo(enlarged, image, this.#named('score'))
  }

  /** The classes' scores from a tap's features; those of several trunks are averaged. */
  #score(tap: ScoredTap, name: string, scale?: number): SymbolicTensor {
    const scores = this.#streams.map(({ backbone, suffix }, i) => {
      const features = backbone.model.outputs[tap.indices[i]]
      const scaled =
        scale === undefined ? features : this.#scale(features, scale, this.#named(`scale_${tap.name}${suffix}`))
      const { start = 'zeros', seed } = this.#options
      const filters = this.#classes
      const scorer = new Convolution({ filters, kernel: 1, start, seed, name: this.#named(`score_${name}${suffix}`) })
      return this.#apply(scorer, [scaled], this.#mapOf(features))
    })
    if (scores.length === 1) return scores[0]
    const fused = name === 'fr' ? 'score_fused' : `score_${name}_fused`
    return this.#apply(layers.average({ name: this.#named(fused) }), scores)
  }

  /** Enlarges scores to the stride of a reference, or to its size. */
  #upsample(scores: SymbolicTensor, like: SymbolicTensor, name: string, learns = false): SymbolicTensor {
    const [map, reference] = [this.#mapOf(scores), this.#mapOf(like)]
    const factor = map.rows.stride / reference.rows.stride
    if (factor === 1) return scores
    if (this.#resizes) return this.#resize(scores, like, name)
    const kernel = kernelThatAligns(map, reference, factor)
    const filters = this.#classes
    const layer = learns
      ? new TransposedConvolution({ filters, kernel, stride: factor, bias: false, start: 'bilinear', name })
      : new BilinearUpsampling({ factor, ...(kernel !== defaultKernel(factor) && { kernel }), name })
    return this.#apply(layer, [scores], compose(transposedWindowMap({ kernel, stride: factor }), map))
  }

  get #resizes(): boolean {
    return this.#options.upsampling === 'resize'
  }

  #resize(scores: SymbolicTensor, like: SymbolicTensor, name: string): SymbolicTensor {
    const [map, reference] = [this.#mapOf(scores), this.#mapOf(like)]
    checkCoversImage(map, scores, this.#streams[0].backbone)
    const { convention = 'half-pixel' } = this.#options
    return this.#apply(new ResizeLike({ convention: { name: convention }, name }), [scores, like], reference)
  }

  /** Joins two score maps of one stride; the one that begins further up and left is cropped to the other. */
  #fuse(enlarged: SymbolicTensor, skip: SymbolicTensor, tap: ScoredTap): SymbolicTensor {
    const name = this.#named(`fuse_${tap.name}`)
    if (this.#resizes) return this.#join([enlarged, skip], name)
    const begins = (tensor: SymbolicTensor) => this.#mapOf(tensor).rows.offset
    const skipIsLarger = begins(skip) < begins(enlarged)
    const pair = skipIsLarger
      ? ([enlarged, this.#cropTo(skip, enlarged, `${skip.sourceLayer.name}c`)] as const)
      : ([this.#cropTo(enlarged, skip, `${enlarged.sourceLayer.name}c`), skip] as const)
    return this.#join(pair, name)
  }

  #join(pair: readonly [SymbolicTensor, SymbolicTensor], name: string): SymbolicTensor {
    const { fusion = { kind: 'sum' } } = this.#options
    if (fusion.kind === 'max') return this.#apply(layers.maximum({ name }), pair)
    if (fusion.kind === 'concatenation') return this.#joinByConvolution(pair, name)
    const weighted = pair.map((scores, i) => {
      const coefficient = fusion.coefficients?.[i] ?? 1
      return coefficient === 1 ? scores : this.#scale(scores, coefficient, `${name}_coefficient${i + 1}`)
    })
    return this.#apply(layers.add({ name }), weighted)
  }

  #joinByConvolution(pair: readonly [SymbolicTensor, SymbolicTensor], name: string): SymbolicTensor {
    const classes = this.#classes
    const both = this.#apply(new Concatenation({ name: `${name}_concatenation` }), pair)
    const convolution = new Convolution({ filters: classes, kernel: 1, bias: false, start: 'zeros', name })
    const joined = this.#apply(convolution, [both])
    // Output class c starts as upsampled c plus skip c.
    const sum = Float32Array.from({ length: 2 * classes * classes }, (_, i) => {
      const [from, to] = [Math.floor(i / classes), i % classes]
      return from % classes === to ? 1 : 0
    })
    const start = tensor4d(sum, [1, 1, 2 * classes, classes])
    convolution.setWeights([start])
    start.dispose()
    return joined
  }

  #scale(x: SymbolicTensor, value: number, name: string): SymbolicTensor {
    return this.#apply(new ChannelScale({ value, trainable: false, name }), [x])
  }

  #cropTo(scores: SymbolicTensor, reference: SymbolicTensor, name: string): SymbolicTensor {
    const map = this.#mapOf(scores)
    const offset = mapOffset(map, this.#mapOf(reference), scores.sourceLayer.name)
    return this.#apply(new CropLike({ offset, name }), [scores, reference], compose(translation(offset), map))
  }

  #apply(layer: layers.Layer, inputs: readonly SymbolicTensor[], map = this.#mapOf(inputs[0])): SymbolicTensor {
    const output = layer.apply(inputs.length === 1 ? inputs[0] : [...inputs]) as SymbolicTensor
    this.#maps.set(output, map)
    return output
  }

  #mapOf(tensor: SymbolicTensor): SpatialMap {
    // The head's tensors come from #apply; what they begin with, taps and image, is there from the start.
    return this.#maps.get(tensor)!
  }

  #named(name: string): string {
    return `${name}${this.#suffix}`
  }
}

/** The published nets call the last upsampling by its factor, where no other has that name, or nothing without skips. */
function lastName(coarsest: ScoredTap, skips: readonly ScoredTap[]): string {
  if (skips.length === 0) return 'upscore'
  const last = skips[skips.length - 1]
  const isTaken = coarsest.stride / skips[0].stride === last.stride
  return isTaken ? `upscore_${last.name}` : `upscore${last.stride}`
}

/**
 * The width of a bilinear filter whose upsampled cells fall onto the reference's: the usual width, or, where that lies
 * half a cell off, the one next to it. Even factors have even filters on VGG-16 and odd ones on AlexNet, as published.
 */
function kernelThatAligns(scores: SpatialMap, reference: SpatialMap, factor: number): number {
  const usual = defaultKernel(factor)
  const { rows } = compose(transposedWindowMap({ kernel: usual, stride: factor }), scores)
  const offset = (reference.rows.offset - rows.offset) / reference.rows.stride
  const isBetween = Math.abs(offset - Math.round(offset)) > 1e-6
  return isBetween ? 4 * factor - 1 - usual : usual
}

/** 2·factor for even factors, one less for odd ones. */
function defaultKernel(factor: number): number {
  return 2 * factor - (factor % 2)
}

/** Resizing takes a map's first cell to lie where the image begins; a tap that was padded beyond that would be shifted. */
function checkCoversImage({ rows: { stride, offset } }: SpatialMap, scores: SymbolicTensor, backbone: Backbone): void {
  const shift = offset - (stride - 1) / 2
  if (Math.abs(shift) <= stride) return
  throw new PixelwiseError('fcn/resize-shifts', {
    what: `${scores.sourceLayer.name} on ${backbone.name}: its first cell is centred at pixel ${offset}`,
    rule: `resized scores are taken to begin with the image, so that of stride ${stride} should lie within ${stride} pixels of ${(stride - 1) / 2}`,
    next:
      shift > 0
        ? 'upsample by "fixed" or "learned" and set pad of the backbone (net.pad in a configuration); the published FCNs have pad 100'
        : 'build the backbone without pad, or upsample by "fixed" or "learned", which crop where the geometry says',
  })
}
