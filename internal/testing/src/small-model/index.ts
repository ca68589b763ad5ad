import { identityMap, type LayerPlugin, type ModelDescription, PixelwiseLayer, Rng, type Shape } from '@pixelwise/core'
import { mul, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

/** A layer for the tests of model folders: multiplies by a number. */
export class Louder extends PixelwiseLayer<{ readonly factor: number }> {
  static readonly className = 'Testing>Louder'

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([input]: Tensor[]): Tensor {
    return mul(input, this.config.factor)
  }
}

export const louder: LayerPlugin<Louder> = {
  layer: Louder,
  spatialMap: () => identityMap,
}

/** Convolution, batch normalisation, our layer, convolution: 172 weight values of any-size input `[N, H, W, 3]`. */
export function smallModel(): tfl.LayersModel {
  const image = tfl.input({ shape: [null, null, 3] })
  const features = tfl.layers.conv2d({ name: 'conv1_1', filters: 5, kernelSize: 3, padding: 'same' }).apply(image)
  const normalised = tfl.layers.batchNormalization({ name: 'norm' }).apply(features)
  const scaled = new Louder({ name: 'louder', factor: 2.5 }).apply(normalised)
  const score = tfl.layers.conv2d({ name: 'score', filters: 2, kernelSize: 1 }).apply(scaled) as tfl.SymbolicTensor
  const model = tfl.model({ inputs: image, outputs: score })
  const rng = new Rng('small model')
  tidy(() => {
    for (const weight of model.weights) {
      const shape = weight.shape as number[]
      const size = shape.reduce((product, extent) => product * extent, 1)
      weight.write(
        tensor(
          Float32Array.from({ length: size }, () => rng.uniform(0.1, 1)),
          shape,
        ),
      )
    }
  })
  return model
}

export const smallDescription: ModelDescription = {
  preprocessing: { inputKind: 'rgb', channelOrder: 'bgr', mean: [104, 117, 123], scale: [1, 1, 1] },
  classes: ['background', 'cat'],
  palette: [
    [0, 0, 0],
    [64, 0, 0],
  ],
  provenance: { source: 'made for a test' },
}

/** All weight values by name, as plain arrays. */
export function weightValues(model: tfl.LayersModel): Record<string, number[]> {
  return Object.fromEntries(model.weights.map((weight) => [weight.originalName, [...weight.read().dataSync()]]))
}
