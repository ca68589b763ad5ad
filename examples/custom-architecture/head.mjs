import { Concatenation, Convolution, ResizeLike } from '@pixelwise/core'
import { model } from '@tensorflow/tfjs-layers'
import { LearntSwish } from './layer.mjs'

/**
 * A head that is not an FCN's: the features of all taps above a pixel, resized to the finest map and joined, decide together.
 *
 * Images `[N, H, W, 3]` → scores `[N, H, W, classes]`.
 * Source: Hariharan et al. 2015, Hypercolumns for Object Segmentation and Fine-grained Localization.
 */
export function hypercolumns(backbone, { classes, channels = 24 }) {
  const [image] = backbone.model.inputs
  const [finest] = backbone.model.outputs
  const columns = backbone.model.outputs.map((features, i) => {
    const reduced = new Convolution({ filters: channels, kernel: 1, name: `column${i + 1}` }).apply(features)
    return i === 0 ? reduced : new ResizeLike({ name: `column${i + 1}_resized` }).apply([reduced, finest])
  })
  const joined = new LearntSwish({ name: 'columns_swish' }).apply(new Concatenation({ name: 'columns' }).apply(columns))
  const mixed = new Convolution({ filters: 2 * channels, kernel: 3, pad: 1, name: 'mix' }).apply(joined)
  const hidden = new LearntSwish({ name: 'mix_swish' }).apply(mixed)
  const scores = new Convolution({ filters: classes, kernel: 1, start: 'zeros', name: 'score' }).apply(hidden)
  const outputs = new ResizeLike({ name: 'score_resized' }).apply([scores, image])
  return model({ name: `hypercolumns-${backbone.name}`, inputs: image, outputs })
}
