import { type Backbone, PixelwiseError } from '@pixelwise/core'
import { type LayersModel, model } from '@tensorflow/tfjs-layers'
import { HeadBuilder, type Stream } from './head-builder.js'
import type { HeadOptions } from './head-options.js'

export interface FcnOptions extends HeadOptions {
  /**
   * Classes; or the classes of several heads by name. `{ sem: 33, geo: 3 }` makes a net with two outputs upon one trunk,
   * whose layers are called `score_fr_sem`, `score_fr_geo` and so on, as in the published nets for SIFT Flow.
   */
  readonly classes: number | Readonly<Record<string, number>>
  readonly name?: string
}

/**
 * A fully convolutional network: scores for every pixel of an image of any size.
 *
 * The coarsest tap is scored by a 1×1 convolution; while a finer tap is left whose stride is not below `stride`, the
 * scores are upsampled to it and its own scores are added (a skip); the last upsampling returns to pixels. Where maps do
 * not cover the same area, the larger is cropped, at an offset solved from the net's geometry. Of a backbone it needs
 * only what `Backbone` says: the taps' features and where they look.
 *
 * Scorers start at zero unless told. The model maps `[N, H, W, C]` images to `[N, H, W, classes]` scores (logits), float32; with
 * several heads, to one such tensor each, in the order of `classes`.
 * Throws `fcn/no-such-stride` when no tap has the stride asked for, `fcn/bad-classes`, `fcn/bad-upsampling`, and `fcn/resize-shifts` where
 * resizing would put scores in the wrong place.
 * Source: Long 2016, §3.3.1–3.3.2, Figure 3.3; layer names of the published Caffe nets.
 */
export function fcn(backbone: Backbone, options: FcnOptions): LayersModel {
  const name = options.name ?? `fcn${options.stride}s-${backbone.name}`
  return headsUpon([{ backbone, suffix: '' }], options, name)
}

/** One model of the trunks' images and a head for each list of classes. */
export function headsUpon(streams: readonly Stream[], options: FcnOptions, name: string): LayersModel {
  checkUpsampling(options.upsampling)
  const outputs = headsOf(options.classes).map(([suffix, classes]) =>
    new HeadBuilder(streams, options, classes, suffix).build(),
  )
  return model({ name, inputs: streams.map(({ backbone }) => backbone.model.inputs[0]), outputs })
}

function checkUpsampling(upsampling: string | undefined): void {
  if (upsampling === undefined || ['fixed', 'learned', 'resize'].includes(upsampling)) return
  throw new PixelwiseError('fcn/bad-upsampling', {
    what: `fcn with upsampling ${JSON.stringify(upsampling)}`,
    rule: 'upsampling is "fixed", "learned" or "resize"',
    next: 'leave it out for bilinear interpolation as published',
  })
}

function headsOf(classes: FcnOptions['classes']): (readonly [suffix: string, classes: number])[] {
  const heads =
    typeof classes === 'object' && classes !== null
      ? Object.entries(classes).map(([head, count]) => [`_${head}`, count] as const)
      : [['', classes] as const]
  if (heads.length > 0 && heads.every(([, count]) => Number.isInteger(count) && count >= 1)) return heads
  throw new PixelwiseError('fcn/bad-classes', {
    what: `fcn with classes ${JSON.stringify(classes) ?? String(classes)}`,
    rule: 'a head has a whole number of classes, at least 1; several heads are {name: classes}',
    next: 'count the classes of the labels, background included: 21 for PASCAL VOC',
  })
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
