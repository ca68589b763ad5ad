import {
  type Backbone,
  BilinearUpsampling,
  Convolution,
  CropLike,
  coreLayers,
  LayerRegistry,
  ModelGeometry,
  mapOffset,
  PixelwiseError,
  type SpatialMap,
  type Tap,
  TransposedConvolution,
} from '@pixelwise/core'
import { type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'

export interface FcnOptions {
  readonly classes: number
  /** Stride at which the last skip joins: 32 is no skip, 16 adds one, 8 two. Any stride that the backbone's taps have. */
  readonly stride: number
  /** `fixed`: every upsampling interpolates; `learned`: the inner ones start there and learn. Default `fixed`. */
  readonly upsampling?: 'fixed' | 'learned'
  /** Plugins of the backbone's layers, where it has layers beyond core's. */
  readonly layers?: LayerRegistry
  readonly name?: string
}

/**
 * A fully convolutional network: scores for every pixel of an image of any size.
 *
 * The coarsest tap is scored by a 1×1 convolution; while a finer tap is left whose stride is not below `stride`, the
 * scores are upsampled to it and its own scores are added (a skip); the last upsampling returns to pixels. Where maps do
 * not cover the same area, the larger is cropped, at an offset solved from the net's geometry.
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

class HeadBuilder {
  readonly #backbone: Backbone
  readonly #options: FcnOptions
  readonly #geometry: ModelGeometry

  constructor(backbone: Backbone, options: FcnOptions) {
    this.#backbone = backbone
    this.#options = options
    const registry = options.layers ?? new LayerRegistry(coreLayers)
    this.#geometry = new ModelGeometry(backbone.model, { layers: registry })
  }

  build(): LayersModel {
    const [coarsest, ...skips] = this.#taps()
    const image = this.#backbone.model.inputs[0]
    let scores = this.#score(coarsest, 'score_fr')
    let from = coarsest
    for (const [i, skip] of skips.entries()) {
      // The published nets call the first upsampling by its factor and the others by what they enlarge.
      const name = i === 0 ? `upscore${strideOf(from) / strideOf(skip)}` : `upscore_${from.name}`
      const enlarged = this.#upsample(scores, strideOf(from) / strideOf(skip), name, true)
      scores = this.#fuse(enlarged, this.#score(skip, `score_${skip.name}`), skip)
      from = skip
    }
    const enlarged = this.#upsample(scores, strideOf(from), skips.length === 0 ? 'upscore' : `upscore${strideOf(from)}`)
    const aligned = this.#cropTo(enlarged, image, 'score')
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

  #score(tap: Tap, name: string): SymbolicTensor {
    const features = this.#backbone.model.outputs[this.#backbone.taps.indexOf(tap)]
    const scorer = new Convolution({ filters: this.#options.classes, kernel: 1, start: 'zeros', name })
    return scorer.apply(features) as SymbolicTensor
  }

  #upsample(scores: SymbolicTensor, factor: number, name: string, inner = false): SymbolicTensor {
    const { classes, upsampling = 'fixed' } = this.#options
    if (factor === 1) return scores
    const kernel = 2 * factor - (factor % 2)
    const layer =
      inner && upsampling === 'learned'
        ? new TransposedConvolution({ filters: classes, kernel, stride: factor, bias: false, start: 'bilinear', name })
        : new BilinearUpsampling({ factor, name })
    return layer.apply(scores) as SymbolicTensor
  }

  /** Adds two score maps of one stride; the one that begins further up and left is cropped to the other. */
  #fuse(enlarged: SymbolicTensor, skip: SymbolicTensor, tap: Tap): SymbolicTensor {
    const begins = (tensor: SymbolicTensor) => this.#mapOf(tensor).rows.offset
    const skipIsLarger = begins(skip) <= begins(enlarged)
    const name = `${skip.sourceLayer.name}c`
    const pair = skipIsLarger
      ? [enlarged, this.#cropTo(skip, enlarged, name)]
      : [this.#cropTo(enlarged, skip, `${enlarged.sourceLayer.name}c`), skip]
    return layers.add({ name: `fuse_${tap.name}` }).apply(pair) as SymbolicTensor
  }

  #cropTo(scores: SymbolicTensor, reference: SymbolicTensor, name: string): SymbolicTensor {
    const offset = mapOffset(this.#mapOf(scores), this.#mapOf(reference), scores.sourceLayer.name)
    return new CropLike({ offset, name }).apply([scores, reference]) as SymbolicTensor
  }

  #mapOf(tensor: SymbolicTensor): SpatialMap {
    // Score maps are convolutions of taps, which always have a position.
    return this.#geometry.mapOf(tensor)!
  }
}

function strideOf(tap: Tap): number {
  return tap.map.rows.stride
}
