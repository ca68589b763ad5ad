import { Convolution, coreLayers, LayerRegistry, MaxPooling, ModelGeometry } from '@pixelwise/core'
import { regionNet } from '@pixelwise/pairwise-regions'
import { input, layers, model } from '@tensorflow/tfjs-layers'

/** The 2×2 of Figure 4.4: with and without the transpose, with and without the matrix. */
export const variants = [
  { name: 'plain', transpose: false, matrix: false },
  { name: 'matrix', transpose: false, matrix: true },
  { name: 'transpose', transpose: true, matrix: false },
  { name: 'both', transpose: true, matrix: true },
]

/** A net of one pathway at stride 2 on a trunk of two convolutions. */
export function microNet({ transpose, matrix, window, seed, scores = false }) {
  return regionNet(microTrunk(seed), {
    pathways: [{ tap: 'features', kernel: 3, window }],
    transpose,
    matrix,
    scores,
    seed,
  })
}

function microTrunk(seed) {
  const image = input({ shape: [null, null, 3], name: 'image' })
  const convolve = (x, filters, name) =>
    layers
      .activation({ activation: 'relu', name: `${name}_relu` })
      .apply(new Convolution({ filters, kernel: 3, pad: 1, start: 'msra', seed, name }).apply(x))
  const half = new MaxPooling({ window: 2, stride: 2, name: 'pool1' }).apply(convolve(image, 8, 'conv1'))
  const features = convolve(half, 16, 'conv2')
  const trunk = model({ name: 'micro', inputs: image, outputs: features })
  const geometry = new ModelGeometry(trunk, { layers: new LayerRegistry(coreLayers) })
  return {
    name: 'micro',
    model: trunk,
    taps: [{ name: 'features', channels: 16, map: geometry.mapOf(features) }],
    // Colours of 0..255 become −0.5..0.5.
    preprocessing: {
      inputKind: 'rgb',
      channelOrder: 'rgb',
      mean: [127.5, 127.5, 127.5],
      scale: [1 / 255, 1 / 255, 1 / 255],
    },
  }
}
