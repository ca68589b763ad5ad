import {
  BatchNormalization,
  Convolution,
  MaxPoolingWithSwitches,
  MaxUnpooling,
  PixelwiseError,
  TransposedConvolution,
} from '@pixelwise/core'
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'

/** A stage of the encoder: so many 3×3 convolutions of so many channels, then a pooling. */
export interface DeconvNetStage {
  readonly channels: number
  readonly convolutions: number
}

/** Those of VGG-16. */
export const vgg16Stages: readonly DeconvNetStage[] = [
  { channels: 64, convolutions: 2 },
  { channels: 128, convolutions: 2 },
  { channels: 256, convolutions: 3 },
  { channels: 512, convolutions: 3 },
  { channels: 512, convolutions: 3 },
]

/** Size and start of a `deconvNet`. */
export interface DeconvNetOptions {
  /** Background included. */
  readonly classes: number
  /** Height and width of the windows that the net sees, in pixels. Default 224. */
  readonly inputSize?: number
  readonly stages?: readonly DeconvNetStage[]
  /** Channels of fc6 and fc7. Default 4096. */
  readonly hidden?: number
  readonly seed?: number
  readonly name?: string
}

/**
 * DeconvNet: an encoder, two fully connected layers, and the encoder's mirror image, which unpools where the encoder
 * pooled and convolves transposed where it convolved. Every convolution is followed by batch normalisation and ReLU.
 *
 * It sees windows of one size, `[N, S, S, 3]`, and scores their pixels, `[N, S, S, classes]` (logits), float32. Whole
 * images are put together from windows: `aggregateWindows`.
 * Throws `deconvnet/bad-size` where the poolings do not divide the input size, or leave nothing.
 * Source: Noh, Hong and Han 2015, §3 and Table 4; layer names of the published net.
 */
export function deconvNet(options: DeconvNetOptions): LayersModel {
  const { classes, inputSize = 224, stages = vgg16Stages, hidden = 4096, seed = 0, name = 'deconvnet' } = options
  const cells = inputSize / 2 ** stages.length
  if (!Number.isInteger(cells) || cells < 1) throw badSize(inputSize, stages.length)
  const build = new MirrorBuilder(seed)

  const image = input({ shape: [inputSize, inputSize, 3], name: 'data' })
  let features = image
  const poolings: Pooled[] = []
  stages.forEach(({ channels, convolutions }, i) => {
    for (let j = 1; j <= convolutions; j++) features = build.convolve(features, `conv${i + 1}_${j}`, channels, 3)
    poolings.push(build.pool(features, `pool${i + 1}`))
    features = poolings[i].values
  })

  features = build.convolve(features, 'fc6', hidden, cells, 0)
  features = build.convolve(features, 'fc7', hidden, 1)
  features = build.transpose(features, 'fc6-deconv', stages[stages.length - 1].channels, cells, 0)

  for (let i = stages.length; i >= 1; i--) {
    const { channels, convolutions } = stages[i - 1]
    const below = stages[i - 2]?.channels ?? channels
    features = build.unpool(features, poolings[i - 1], `unpool${i}`)
    for (let j = 1; j <= convolutions; j++) {
      features = build.transpose(features, `deconv${i}_${j}`, j === convolutions ? below : channels, 3)
    }
  }
  const scorer = new Convolution({ name: 'seg-score', filters: classes, kernel: 1, start: 'msra', seed })
  return model({ name, inputs: image, outputs: scorer.apply(features) as SymbolicTensor })
}

/** What a pooling gives, and what it was given, whose size its unpooling restores. */
interface Pooled {
  readonly before: SymbolicTensor
  readonly values: SymbolicTensor
  readonly switches: SymbolicTensor
}

class MirrorBuilder {
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  convolve(x: SymbolicTensor, name: string, filters: number, kernel: number, pad = (kernel - 1) / 2): SymbolicTensor {
    const layer = new Convolution({ name, filters, kernel, pad, start: 'msra', seed: this.#seed })
    return this.#activate(layer.apply(x) as SymbolicTensor, name)
  }

  transpose(x: SymbolicTensor, name: string, filters: number, kernel: number, pad = (kernel - 1) / 2): SymbolicTensor {
    const layer = new TransposedConvolution({ name, filters, kernel, pad, start: 'msra', seed: this.#seed })
    return this.#activate(layer.apply(x) as SymbolicTensor, name)
  }

  pool(before: SymbolicTensor, name: string): Pooled {
    const pooling = new MaxPoolingWithSwitches({ name, window: 2 })
    const [values, switches] = pooling.apply(before) as SymbolicTensor[]
    return { before, values, switches }
  }

  unpool(x: SymbolicTensor, { before, switches }: Pooled, name: string): SymbolicTensor {
    return new MaxUnpooling({ name, window: 2 }).apply([x, switches, before]) as SymbolicTensor
  }

  #activate(x: SymbolicTensor, name: string): SymbolicTensor {
    const normalized = new BatchNormalization({ name: `bn_${name}` }).apply(x) as SymbolicTensor
    return layers.activation({ activation: 'relu', name: `relu_${name}` }).apply(normalized) as SymbolicTensor
  }
}

function badSize(inputSize: number, poolings: number): PixelwiseError {
  return new PixelwiseError('deconvnet/bad-size', {
    what: `deconvNet with windows of ${inputSize}×${inputSize} pixels and ${poolings} poolings`,
    rule: `each pooling halves the window, so its size is a multiple of ${2 ** poolings}`,
    next: `take ${Math.max(1, Math.round(inputSize / 2 ** poolings) || 1) * 2 ** poolings}, or fewer stages`,
  })
}
