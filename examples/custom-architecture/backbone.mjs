import { Convolution, MaxPooling, outputMaps } from '@pixelwise/core'
import { input, model } from '@tensorflow/tfjs-layers'
import { LearntSwish, layers } from './layer.mjs'

/** Pixel values to what the net sees: around zero, about one. */
export const preprocessing = {
  inputKind: 'rgb',
  channelOrder: 'rgb',
  mean: [120, 120, 120],
  scale: [1 / 64, 1 / 64, 1 / 64],
}

const channelsOfStages = [16, 32, 64]

/** Three stages of two convolutions and a pooling; the end of each is a tap, at strides 2, 4 and 8. */
export function ownBackbone() {
  const image = input({ shape: [null, null, 3], name: 'image' })
  const taps = []
  let x = image
  for (const [s, filters] of channelsOfStages.entries()) {
    for (const i of [1, 2]) {
      const name = `conv${s + 1}_${i}`
      x = new Convolution({ filters, kernel: 3, pad: 1, name }).apply(x)
      x = new LearntSwish({ name: `${name}_swish` }).apply(x)
    }
    x = new MaxPooling({ window: 2, name: `stage${s + 1}` }).apply(x)
    taps.push(x)
  }
  return backboneOf(model({ name: 'own', inputs: image, outputs: taps }))
}

/** What `pixelwise train --plugin ./backbone.mjs` finds here: the backbone by a name, and the layers that it is made of. */
export const backbones = [['own', ownBackbone]]
export { layers }

/** Any tfjs model whose outputs are maps of features, fine to coarse, as a backbone: where they look follows from its layers. */
export function backboneOf(net) {
  const maps = outputMaps(net, { layers })
  const taps = net.outputs.map(({ sourceLayer: { name }, shape }, i) => ({ name, channels: shape[3], map: maps[i] }))
  return { name: net.name, model: net, taps, preprocessing }
}
