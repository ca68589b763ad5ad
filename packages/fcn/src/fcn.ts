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
  type SpatialMap,
  type Tap,
  TransposedConvolution,
  translation,
  transposedWindowMap,
} from '@pixelwise/core'
import { tensor4d } from '@tensorflow/tfjs-core'
import { type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'

export interface FcnOptions {
  readonly classes: number
  /** Stride at which the last skip joins: 32 is no skip, 16 adds one, 8 two. Any stride that the backbone's taps have. */
  readonly stride: number
  /** `fixed`: every upsampling interpolates; `learned`: the inner ones start there and learn. Default `fixed`. */
  readonly upsampling?: 'fixed' | 'learned'
  /** How upsampled scores and those of a skip become one. Default: their sum. */
  readonly fusion?: Fusion
  /** Fixed multipliers of the features that each skip scores, coarse to fine. Default: none. */
  readonly skipScales?: readonly number[]
  readonly name?: string
}

/**
 * How two score maps become one.
 *
 * - `sum`, each times its coefficient (1 where none is given);
 * - `max`, cell by cell (Long 2016, §3.3.2 finds it hard to learn: gradients switch between the two);
 * - `concatenation`, then a 1×1 convolution that starts as the sum and learns.
 */
export type Fusion =
  | { readonly kind: 'sum'; readonly coefficients?: readonly [upsampled: number, skip: number] }
  | { readonly kind: 'max' }
  | { readonly kind: 'concatenation' }

/**
 * A fully convolutional network: scores for every pixel of an image of any size.
 *
 * The coarsest tap is scored by a 1×1 convolution; while a finer tap is left whose stride is not below `stride`, the
 * scores are upsampled to it and its own scores are added (a skip); the last upsampling returns to pixels. Where maps do
 * not cover the same area, the larger is cropped, at an offset solved from the net's geometry. Of a backbone it needs
 * only what `Backbone` says: the taps' features and where they look.
 *
 * Scorers start at zero. The model maps `[N, H, W, C]` images to `[N, H, W, classes]` scores (logits), float32.
 * Throws `fcn/no-such-stride` when no tap has the stride asked for.
 * Source: Long 2016, §3.3.1–3.3.2, Figure 3.3; layer names of the published Caffe nets.
 */
export function fcn(backbone: Backbone, options: FcnOptions): LayersModel {
  return new HeadBuilder(backbone, options).build()
}

/** FCN-32s: the coarsest scores, upsampled. */
export function fcn32s(backbone: Backbone, options: Omit<FcnOptions, 'stride'>): LayersModel {
  return fcn(backbone, { ...options, stride: 32 })
}

/** FCN-16s: with one skip, from stride 16. */
export function fcn16s(backbone: Backbone, options: Omit<FcnOptions, 'stride'>): LayersModel {
  return fcn(backbone, { ...options, stride: 16 })
}

/** FCN-8s: with two skips, from strides 16 and 8. */
export function fcn8s(backbone: Backbone, options: Omit<FcnOptions, 'stride'>): LayersModel {
  return fcn(backbone, { ...options, stride: 8 })
}

/**
 * FCN-8s trained at once instead of in three stages: each skip's features are multiplied by a constant (0.01 for the
 * first, 0.0001 for the second) that balances their sizes.
 *
 * Source: the published voc-fcn8s-atonce; Shelhamer, Long and Darrell 2017.
 */
export function fcn8sAtOnce(backbone: Backbone, options: Omit<FcnOptions, 'stride' | 'skipScales'>): LayersModel {
  const name = options.name ?? `fcn8s-atonce-${backbone.name}`
  return fcn(backbone, { ...options, name, stride: 8, skipScales: [0.01, 0.0001] })
}

class HeadBuilder {
  readonly #backbone: Backbone
  readonly #options: FcnOptions
  /** Where each tensor of the head lies in the image; the extent of fused maps does not matter here. */
  readonly #maps = new Map<SymbolicTensor, SpatialMap>()

  constructor(backbone: Backbone, options: FcnOptions) {
    this.#backbone = backbone
    this.#options = options
    this.#maps.set(backbone.model.inputs[0], identityMap)
    for (const [i, { map }] of backbone.taps.entries()) this.#maps.set(backbone.model.outputs[i], map)
  }

  build(): LayersModel {
    const [coarsest, ...skips] = this.#taps()
    const image = this.#backbone.model.inputs[0]
    let scores = this.#score(coarsest, 'score_fr')
    let from = coarsest
    for (const [i, skip] of skips.entries()) {
      // The published nets call the first upsampling by its factor and the others by what they enlarge.
      const name = i === 0 ? `upscore${strideOf(from) / strideOf(skip)}` : `upscore_${from.name}`
      const learns = this.#options.upsampling === 'learned'
      const enlarged = this.#upsample(scores, skip.map, name, learns)
      scores = this.#fuse(enlarged, this.#score(skip, `score_${skip.name}`, this.#options.skipScales?.[i]), skip)
      from = skip
    }
    const aligned = this.#cropTo(this.#upsample(scores, identityMap, lastName(coarsest, skips)), image, 'score')
    return model({
      name: this.#options.name ?? `fcn${this.#options.stride}s-${this.#backbone.name}`,
      inputs: image,
      outputs: aligned,
    })
  }

  /** The taps that take part, coarse to fine: the coarsest tap of each stride down to the one asked for. */
  #taps(): Tap[] {
    const byStride = new Map(this.#backbone.taps.map((tap) => [strideOf(tap), tap]))
    const { stride } = this.#options
    if (!byStride.has(stride)) {
      throw new PixelwiseError('fcn/no-such-stride', {
        what: `backbone ${this.#backbone.name} has no tap of stride ${stride}`,
        rule: `its taps have strides ${[...byStride.keys()].sort((a, b) => a - b).join(', ')}`,
        next: 'choose one of these, or give the backbone a tap where the head should join',
      })
    }
    return [...byStride.values()].filter((tap) => strideOf(tap) >= stride).sort((a, b) => strideOf(b) - strideOf(a))
  }

  /** The classes' scores from a tap's features, which a fixed scale may multiply first. */
  #score(tap: Tap, name: string, scale?: number): SymbolicTensor {
    const features = this.#backbone.model.outputs[this.#backbone.taps.indexOf(tap)]
    const scaled = scale === undefined ? features : this.#scale(features, scale, `scale_${tap.name}`)
    const scorer = new Convolution({ filters: this.#options.classes, kernel: 1, start: 'zeros', name })
    return this.#apply(scorer, [scaled], this.#mapOf(features))
  }

  /** Interpolates scores to the stride of a reference. */
  #upsample(scores: SymbolicTensor, reference: SpatialMap, name: string, learns = false): SymbolicTensor {
    const map = this.#mapOf(scores)
    const factor = map.rows.stride / reference.rows.stride
    if (factor === 1) return scores
    const kernel = kernelThatAligns(map, reference, factor)
    const filters = this.#options.classes
    const layer = learns
      ? new TransposedConvolution({ filters, kernel, stride: factor, bias: false, start: 'bilinear', name })
      : new BilinearUpsampling({ factor, ...(kernel !== defaultKernel(factor) && { kernel }), name })
    return this.#apply(layer, [scores], compose(transposedWindowMap({ kernel, stride: factor }), map))
  }

  /** Joins two score maps of one stride; the one that begins further up and left is cropped to the other. */
  #fuse(enlarged: SymbolicTensor, skip: SymbolicTensor, tap: Tap): SymbolicTensor {
    const begins = (tensor: SymbolicTensor) => this.#mapOf(tensor).rows.offset
    const skipIsLarger = begins(skip) < begins(enlarged)
    const name = `${skip.sourceLayer.name}c`
    const pair = skipIsLarger
      ? ([enlarged, this.#cropTo(skip, enlarged, name)] as const)
      : ([this.#cropTo(enlarged, skip, `${enlarged.sourceLayer.name}c`), skip] as const)
    return this.#join(pair, `fuse_${tap.name}`)
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
    const { classes } = this.#options
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
}

/** The published nets call the last upsampling by its factor, where no other has that name, or nothing without skips. */
function lastName(coarsest: Tap, skips: readonly Tap[]): string {
  if (skips.length === 0) return 'upscore'
  const last = skips[skips.length - 1]
  const isTaken = strideOf(coarsest) / strideOf(skips[0]) === strideOf(last)
  return isTaken ? `upscore_${last.name}` : `upscore${strideOf(last)}`
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

function strideOf(tap: Tap): number {
  return tap.map.rows.stride
}
