import { type Backbone, PixelwiseError } from '@pixelwise/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type FcnOptions, headsUpon } from './fcn.js'
import { renameLayers } from './rename-layers.js'

/**
 * Late fusion: one trunk per kind of image, their scores averaged tap by tap, then upsampled together.
 *
 * `{ color: vgg16(…), hha: vgg16(…) }` gives the published net for RGB and HHA: every layer of a trunk ends in its name
 * (`conv1_1color`, `score_frhha`), `score_fused` is half the sum of both scores, and the model's inputs are the images,
 * called `color` and `hha`, in this order. With skips each trunk scores its own finer tap (`score_pool4color`), and these are averaged alike: as
 * upsampling is linear, that is the average of two nets of this stride.
 *
 * The trunks are copied; the caller keeps, and disposes, those that are passed. Images of one example have one size.
 * The model maps `[N, H, W, C1], [N, H, W, C2], …` to `[N, H, W, classes]` scores, float32.
 * Throws the errors of {@link fcn}, `fcn/trunks-differ`, and `fcn/one-trunk`.
 * Source: Long 2016, §3.4.2 and Table 3.5; nyud-fcn32s-color-hha.
 */
export function lateFusion(trunks: Readonly<Record<string, Backbone>>, options: FcnOptions): LayersModel {
  const streams = Object.entries(trunks).map(([suffix, backbone]) => {
    const image = backbone.model.inputs[0].sourceLayer.name
    const rename = (name: string) => (name === image ? suffix : `${name}${suffix}`)
    return { suffix, backbone: renameLayers(backbone, rename) }
  })
  if (streams.length < 2) {
    throw new PixelwiseError('fcn/one-trunk', {
      what: `late fusion of ${streams.length === 0 ? 'no trunk' : `the trunk ${streams[0].suffix} alone`}`,
      rule: 'there are two trunks or more, by name',
      next: 'pass { color: …, hha: … }, or use fcn for one kind of image',
    })
  }
  const [{ backbone }] = streams
  const kinds = streams.map(({ suffix }) => suffix).join('-')
  return headsUpon(streams, options, options.name ?? `fcn${options.stride}s-${backbone.name}-${kinds}`)
}
