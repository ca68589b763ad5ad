import {
  BatchNormalization,
  Concatenation,
  Convolution,
  CropLike,
  Dropout,
  MaxPooling,
  TransposedConvolution,
} from '@pixelwise/core'
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers'

export interface DenseBlockSettings {
  /** Channels that each layer adds. */
  readonly growth: number
  readonly dropout: number
  readonly seed: number
  /** Whether a 1×1 convolution to four times the growth comes before each 3×3. */
  readonly bottleneck?: boolean
  /** Whether convolutions have biases. Default true. */
  readonly bias?: boolean
}

export interface DenseConvolution {
  readonly filters: number
  readonly kernel: number
  readonly dilation?: number
  /** Default: as the settings say. */
  readonly bias?: boolean
}

/**
 * Layers that read all before them, and what joins their blocks: parts of {@link denseNetFcn} and {@link atrousDenseNet}.
 *
 * Each convolution but the first follows a batch normalisation and a ReLU. Source: Huang et al. 2017; Jégou et al. 2017.
 */
export class DenseBlocks {
  readonly #settings: DenseBlockSettings

  constructor(settings: DenseBlockSettings) {
    this.#settings = settings
  }

  /** All features at the end of a block, and those that its layers added. */
  block(x: SymbolicTensor, name: string, depth: number): { all: SymbolicTensor; added: SymbolicTensor } {
    const added: SymbolicTensor[] = []
    let all = x
    for (let i = 1; i <= depth; i++) {
      const layer = `${name}_${i}`
      added.push(this.#layer(all, layer))
      all = join([all, added[added.length - 1]], `${layer}_join`)
    }
    return { all, added: added.length === 1 ? added[0] : join(added, `${name}_added`) }
  }

  /** 1×1 of as many channels, dropout, pooling. */
  halve(x: SymbolicTensor, name: string): SymbolicTensor {
    const mixed = this.#drop(this.convolve(this.activate(x, name), name, { filters: x.shape[3]!, kernel: 1 }), name)
    return new MaxPooling({ window: 2, rounding: 'floor', name: `${name}_pool` }).apply(mixed) as SymbolicTensor
  }

  /** Twice the size, cut to the skip (which rounding down may have made one larger) and joined with it. */
  enlarge(x: SymbolicTensor, skip: SymbolicTensor, name: string): SymbolicTensor {
    const { seed } = this.#settings
    const enlarging = new TransposedConvolution({ filters: x.shape[3]!, kernel: 3, stride: 2, seed, name })
    const cut = new CropLike({ offset: [0, 0], name: `${name}_crop` })
    return join([cut.apply([enlarging.apply(x) as SymbolicTensor, skip]) as SymbolicTensor, skip], `${name}_join`)
  }

  /** A convolution that keeps the size. */
  convolve(x: SymbolicTensor, name: string, { filters, kernel, dilation = 1, bias }: DenseConvolution): SymbolicTensor {
    const { seed, bias: biases = true } = this.#settings
    const pad = (dilation * (kernel - 1)) / 2
    const settings = { filters, kernel, pad, bias: bias ?? biases, seed, name, ...(dilation > 1 && { dilation }) }
    return new Convolution(settings).apply(x) as SymbolicTensor
  }

  /** Batch normalisation and ReLU. */
  activate(x: SymbolicTensor, name: string): SymbolicTensor {
    const normalized = new BatchNormalization({ name: `${name}_bn` }).apply(x) as SymbolicTensor
    return layers.activation({ activation: 'relu', name: `${name}_relu` }).apply(normalized) as SymbolicTensor
  }

  #layer(x: SymbolicTensor, name: string): SymbolicTensor {
    const { growth, bottleneck = false } = this.#settings
    const narrow = bottleneck ? this.#narrow(x, `${name}_bottleneck`) : x
    return this.#drop(this.convolve(this.activate(narrow, name), name, { filters: growth, kernel: 3 }), name)
  }

  #narrow(x: SymbolicTensor, name: string): SymbolicTensor {
    return this.convolve(this.activate(x, name), name, { filters: 4 * this.#settings.growth, kernel: 1 })
  }

  #drop(x: SymbolicTensor, name: string): SymbolicTensor {
    return new Dropout({ rate: this.#settings.dropout, name: `${name}_drop` }).apply(x) as SymbolicTensor
  }
}

function join(parts: SymbolicTensor[], name: string): SymbolicTensor {
  return new Concatenation({ name }).apply(parts) as SymbolicTensor
}
