import { PixelwiseError } from '@pixelwise/masks/shared'
import { add, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { at, type PerAxis } from '../geometry/spatial-map.js'
import { badConfig, checkSizes } from './check-config.js'
import { type InitialValues, initialValues } from './initial-values.js'
import { type LayerArguments, PixelwiseLayer, type Shape } from './pixelwise-layer.js'
import type { Window } from './sizes.js'

/** What convolution and transposed convolution are told. */
export interface FilterConfig {
  /** Output channels. */
  readonly filters: number
  readonly kernel: PerAxis
  readonly stride?: PerAxis
  /** Zeros added on each side of the input of a convolution; cells taken off each side of the output of its transpose. */
  readonly pad?: PerAxis
  readonly dilation?: PerAxis
  readonly groups?: number
  /** Default true. */
  readonly bias?: boolean
  /** Default `msra`; the bias starts at zero. */
  readonly start?: InitialValues
  readonly seed?: number
}

/**
 * A layer that slides one learned filter over its input and adds a bias: convolution and its transpose.
 *
 * Throws `layer/wrong-rank` when it is put on anything but `[N, H, W, C]` with a known C, and `layer/unknown-start`.
 */
export abstract class FilterLayer extends PixelwiseLayer<FilterConfig> {
  constructor(args: FilterConfig & LayerArguments) {
    super(args)
    const { filters, kernel, stride, pad, dilation, groups = 1 } = this.config
    checkSizes(this.name, { filters: filters ?? Number.NaN, kernel: kernel ?? Number.NaN, stride, dilation, groups }, 1)
    checkSizes(this.name, { pad }, 0)
    if (filters % groups !== 0) {
      throw badConfig(this.name, `${filters} filters in ${groups} groups`, 'groups divide the filters')
    }
  }

  /** The filter's shape for an input of so many channels, and how many products one output value sums. */
  protected abstract filterOf(channels: number): { shape: number[]; fanIn: number }

  protected abstract slide(x: Tensor4D, filter: Tensor4D): Tensor4D

  /** Output cells along one axis; null where the input size is free. */
  protected abstract outputSize(size: number | null, window: Window): number | null

  override build(inputShape: Shape | Shape[]): void {
    const { filters, groups = 1, bias = true, start = 'msra', seed = 0 } = this.config
    const channels = channelsOf(this.name, inputShape as Shape)
    if (channels % groups !== 0) {
      throw badConfig(this.name, `${channels} input channels in ${groups} groups`, 'groups divide the input channels')
    }
    const { shape, fanIn } = this.filterOf(channels)
    this.addWeight('kernel', shape, 'float32', initialValues(start, `${this.name}/kernel`, seed, fanIn))
    if (bias) this.addWeight('bias', [filters], 'float32', initialValues('zeros', `${this.name}/bias`, seed, fanIn))
    this.built = true
  }

  override inferShape([[batch, height, width]]: Shape[]): Shape {
    return [batch, this.#size(height, 0), this.#size(width, 1), this.config.filters]
  }

  override forward([x]: Tensor[]): Tensor {
    const [kernel, bias] = this.weights.map((weight) => weight.read())
    const sum = this.slide(x as Tensor4D, kernel as Tensor4D)
    return bias === undefined ? sum : add(sum, bias)
  }

  #size(input: number | null, axis: 0 | 1): number | null {
    const { kernel, stride = 1, pad = 0, dilation = 1 } = this.config
    return this.outputSize(input, {
      kernel: at(kernel, axis),
      stride: at(stride, axis),
      pad: at(pad, axis),
      dilation: at(dilation, axis),
    })
  }
}

function channelsOf(layerName: string, input: Shape): number {
  const channels = input[3]
  if (input.length === 4 && channels !== null) return channels
  throw new PixelwiseError('layer/wrong-rank', {
    what: `${layerName}: an input of shape [${input.map((size) => size ?? 'null').join(', ')}]`,
    rule: 'expected [N, H, W, C] with C known, as the filter has one part for each channel',
    next: 'give the input as [null, null, C] (tfjs adds the batch axis), or reshape what comes before',
  })
}

/** Multiply-adds of sliding a layer's filter over so many cells. */
export function filterMultiplyAdds(layer: FilterLayer, [, height, width]: Shape): number {
  return layer.weights[0].shape.reduce<number>(
    (product, size) => product * (size ?? Number.NaN),
    (height ?? Number.NaN) * (width ?? Number.NaN),
  )
}
