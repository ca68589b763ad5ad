import {
  AveragePooling,
  type Backbone,
  BatchNormalization,
  ChannelScale,
  Concatenation,
  Convolution,
  coreLayers,
  DilatedPooling,
  Dropout,
  LayerRegistry,
  LocalResponseNormalization,
  MaxPooling,
  ModelGeometry,
  PixelwiseError,
  type Preprocessing,
  Rng,
  type Tap,
} from '@pixelwise/core'
import { initializers, input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { type BackboneOptions, type ClassifierOptions, checkWidth } from './options.js'

interface ConvolutionSettings {
  readonly filters: number
  readonly kernel: number
  readonly stride?: number
  /** `same` as TensorFlow has it: enough for ⌈size / stride⌉ cells, the smaller half first. */
  readonly pad?: number | 'same'
  readonly groups?: number
  readonly bias?: boolean
}

interface PoolingSettings {
  readonly window: number
  readonly stride: number
  readonly pad?: number
  readonly operation?: 'max' | 'average'
  readonly rounding?: 'ceil' | 'floor'
}

/** A feature map that heads may read. */
export interface NamedFeatures {
  readonly name: string
  readonly tensor: SymbolicTensor
}

/** The pixels between the cells of a map, and the dilation that stands for strides left out on the way to it. */
interface Grid {
  readonly stride: number
  readonly dilation: number
}

/**
 * Builds a classification net layer by layer, in the vocabulary of Caffe.
 *
 * It keeps what concerns every net: first weights, the width, and the output stride. A layer whose stride would go
 * beyond the output stride keeps its grid, and whatever reads it is dilated by that stride.
 */
export class NetBuilder {
  readonly image: SymbolicTensor
  readonly #name: string
  readonly #options: BackboneOptions & ClassifierOptions
  readonly #grids = new Map<SymbolicTensor, Grid>()

  constructor(name: string, options: BackboneOptions & ClassifierOptions, channels = 3) {
    const [height, width] = options.inputSize ?? [null, null]
    checkWidth(name, options.width)
    this.#name = name
    this.#options = options
    this.image = input({ shape: [height, width, options.inputChannels ?? channels], name: 'data' })
    this.#grids.set(this.image, { stride: 1, dilation: 1 })
  }

  /** A convolution; `filters` is the published number, before the width. */
  convolve(x: SymbolicTensor, name: string, settings: ConvolutionSettings): SymbolicTensor {
    return this.score(x, name, { ...settings, filters: this.#slim(settings.filters) })
  }

  /** A convolution whose filters are classes, which no width changes. */
  score(x: SymbolicTensor, name: string, settings: ConvolutionSettings): SymbolicTensor {
    const { stride = 1, kernel } = settings
    const { taken, grid } = this.#step(x, stride)
    const { dilation } = this.#gridOf(x)
    const { start, seed } = this
    const pad = (x === this.image ? this.#options.pad : undefined) ?? settings.pad ?? 0
    if (pad === 'same') return this.#apply(this.#padAsNeeded(name, { ...settings, stride: taken }), [x], grid)
    const config = { ...settings, kernel, stride: taken, pad: pad * dilation }
    return this.#apply(new Convolution({ ...config, ...(dilation > 1 && { dilation }), start, seed, name }), [x], grid)
  }

  /** A pooling; max where nothing is said. */
  pool(x: SymbolicTensor, name: string, { operation = 'max', ...settings }: PoolingSettings): SymbolicTensor {
    const { taken, grid } = this.#step(x, settings.stride)
    const { dilation } = this.#gridOf(x)
    if (taken === settings.stride && dilation === 1) {
      const layer =
        operation === 'max' ? new MaxPooling({ ...settings, name }) : new AveragePooling({ ...settings, name })
      return this.#apply(layer, [x], grid)
    }
    const { stride: formerStride, ...window } = settings
    return this.#apply(new DilatedPooling({ ...window, operation, dilation, formerStride, name }), [x], grid)
  }

  /** Whether a layer of this stride, put upon x, would take it. */
  takes(x: SymbolicTensor, stride: number): boolean {
    return this.#step(x, stride).taken === stride
  }

  /** Leaves out a layer of this stride: what reads x from here on is dilated in its place. */
  leaveOut(x: SymbolicTensor, stride: number): SymbolicTensor {
    this.#grids.set(x, this.#step(x, stride).grid)
    return x
  }

  relu(x: SymbolicTensor, name: string): SymbolicTensor {
    return this.#apply(layers.activation({ activation: 'relu', name }), [x])
  }

  /** Convolution and ReLU, with the names of both. */
  convolveRelu(x: SymbolicTensor, names: readonly [string, string], settings: ConvolutionSettings): SymbolicTensor {
    return this.relu(this.convolve(x, names[0], settings), names[1])
  }

  /** Local response normalisation across 5 channels with the settings of Krizhevsky et al. 2012 (Caffe's alpha). */
  localResponse(x: SymbolicTensor, name: string): SymbolicTensor {
    return this.#apply(new LocalResponseNormalization({ size: 5, alpha: 1e-4, beta: 0.75, name }), [x])
  }

  /** Batch normalisation as Caffe splits it: statistics, then a scale and bias per channel. */
  normalize(x: SymbolicTensor, names: readonly [statistics: string, scale: string], epsilon?: number): SymbolicTensor {
    const { normalizationMomentum: momentum } = this.#options
    const settings = { ...(epsilon !== undefined && { epsilon }), ...(momentum !== undefined && { momentum }) }
    const statistics = new BatchNormalization({ scale: false, centre: false, ...settings, name: names[0] })
    return this.#apply(new ChannelScale({ bias: true, name: names[1] }), [this.#apply(statistics, [x])])
  }

  dropout(x: SymbolicTensor, name: string, rate: number): SymbolicTensor {
    return this.#apply(new Dropout({ rate: this.#options.dropout ?? rate, name }), [x])
  }

  concatenate(parts: readonly SymbolicTensor[], name: string): SymbolicTensor {
    return this.#apply(new Concatenation({ name }), parts)
  }

  add(parts: readonly SymbolicTensor[], name: string): SymbolicTensor {
    return this.#apply(layers.add({ name }), parts)
  }

  flatten(x: SymbolicTensor): SymbolicTensor {
    return this.#apply(layers.flatten({ name: `${x.sourceLayer.name}/flat` }), [x])
  }

  averageAll(x: SymbolicTensor, name: string): SymbolicTensor {
    return this.#apply(layers.globalAveragePooling2d({ name }), [x])
  }

  /** A fully connected layer; `units` is the published number, before the width. */
  connect(x: SymbolicTensor, name: string, units: number): SymbolicTensor {
    return this.classify(x, name, this.#slim(units))
  }

  /** A fully connected layer whose units are classes. */
  classify(x: SymbolicTensor, name: string, units: number): SymbolicTensor {
    return this.#apply(layers.dense({ units, kernelInitializer: this.#denseStart(name), name }), [x])
  }

  /** Probabilities from scores, or the scores themselves where logits are asked for. */
  finish(scores: SymbolicTensor, name = 'prob'): SymbolicTensor {
    return this.#options.logits ? scores : this.#apply(layers.softmax({ axis: -1, name }), [scores])
  }

  /** The features as a backbone, fine to coarse. */
  backbone(taps: readonly NamedFeatures[], preprocessing: Preprocessing): Backbone {
    this.#checkOutputStride(taps)
    const trunk = model({ name: this.#name, inputs: this.image, outputs: taps.map(({ tensor }) => tensor) })
    const geometry = new ModelGeometry(trunk, { layers: new LayerRegistry(coreLayers) })
    return {
      name: this.#name,
      model: trunk,
      taps: taps.map(({ name, tensor }): Tap => {
        // Taps are maps of trunks without flattening, so they have channels and a position.
        return { name, channels: tensor.shape[3]!, map: geometry.mapOf(tensor)! }
      }),
      preprocessing,
    }
  }

  classifier(...outputs: SymbolicTensor[]): LayersModel {
    return model({ name: `${this.#name}-classifier`, inputs: this.image, outputs })
  }

  private get start() {
    return this.#options.start ?? (this.#options.seed === undefined ? 'zeros' : 'msra')
  }

  private get seed() {
    return this.#options.seed ?? 0
  }

  /** Channels at this net's width, even so that two groups share them; at least 2. */
  #slim(channels: number): number {
    const { width = 1 } = this.#options
    return width === 1 ? channels : Math.max(2, 2 * Math.round((channels * width) / 2))
  }

  /** The stride that a layer may take, and the grid it then gives. */
  #step(x: SymbolicTensor, stride: number): { taken: number; grid: Grid } {
    const grid = this.#gridOf(x)
    const { outputStride = Number.POSITIVE_INFINITY } = this.#options
    return grid.stride * stride <= outputStride
      ? { taken: stride, grid: { ...grid, stride: grid.stride * stride } }
      : { taken: 1, grid: { ...grid, dilation: grid.dilation * stride } }
  }

  #gridOf(x: SymbolicTensor): Grid {
    // Every tensor of this net comes from #apply or is the image.
    return this.#grids.get(x)!
  }

  #apply(layer: layers.Layer, inputs: readonly SymbolicTensor[], grid = this.#gridOf(inputs[0])): SymbolicTensor {
    const output = layer.apply(inputs.length === 1 ? inputs[0] : [...inputs]) as SymbolicTensor
    this.#grids.set(output, grid)
    return output
  }

  #checkOutputStride(taps: readonly NamedFeatures[]): void {
    const { outputStride } = this.#options
    const strides = [...new Set(taps.map(({ tensor }) => this.#gridOf(tensor).stride))]
    if (outputStride === undefined || strides.at(-1) === outputStride) return
    throw new PixelwiseError('backbone/no-such-output-stride', {
      what: `${this.#name} cannot end at stride ${outputStride}`,
      rule: `a layer's stride is taken or left out, and with this output stride its taps have strides ${strides.join(', ')}`,
      next: `choose a stride that the net passes through, such as ${strides.at(-1)}`,
    })
  }

  /** tfjs's own convolution, for the first layer of nets whose padding depends on the size of the image. */
  #padAsNeeded(name: string, { filters, kernel, stride = 1, bias = true }: ConvolutionSettings): layers.Layer {
    const kernelInitializer = this.#denseStart(name)
    return layers.conv2d({
      filters,
      kernelSize: kernel,
      strides: stride,
      useBias: bias,
      padding: 'same',
      kernelInitializer,
      name,
    })
  }

  #denseStart(name: string) {
    if (this.start === 'zeros') return initializers.zeros()
    const seed = new Rng(this.seed).split(`${name}/kernel`).integer(2 ** 31)
    return this.start === 'xavier'
      ? initializers.varianceScaling({ scale: 1, mode: 'fanIn', distribution: 'uniform', seed })
      : initializers.varianceScaling({ scale: 2, mode: 'fanIn', distribution: 'normal', seed })
  }
}
