import { asShapes, type PixelwiseLayer, type Shape } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { tensor } from '@tensorflow/tfjs-core'
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { shapeText, shortName } from '../names.js'
import { type Position, place } from '../prototxt/tokens.js'
import { type Arrangement, arrangedValues, Scratch } from '../weights/arrange.js'
import type { CaffeBlob } from '../weights/weight-source.js'
import type { CaffeLayer, Feature } from './feature.js'
import type { ParameterSpec } from './parameter-spec.js'
import type { ParameterStore } from './parameter-store.js'

/** A weight of a model layer: Caffe's numbers and their order, or values made from them. */
export type WeightValues = { readonly blob: CaffeBlob; readonly arrangement?: Arrangement } | Float32Array

/** What a translator says of a layer that it adds. */
export interface AddOptions {
  /** Values of the layer's weights, in its order. */
  readonly weights?: readonly WeightValues[]
  /** Caffe's number of axes of the outputs; the first input's when left out. */
  readonly rank?: number
}

export interface TranslationOptions {
  /** The file's name, for errors. */
  readonly name: string
  readonly phase: 'TRAIN' | 'TEST'
  /** Inputs of the model, in the order in which they come up. */
  readonly inputs: readonly Feature[]
  readonly parameters: ParameterStore
  /** Whether layers that share all parameters, and are alike, become one layer of the model. */
  readonly sharing: boolean
}

/**
 * What a translator works with: it asks for the parameters of a Caffe layer, and adds layers to the model.
 */
export class Translation {
  /** The file's name, for errors. */
  readonly name: string
  readonly phase: 'TRAIN' | 'TEST'
  /** Inputs of the model so far. */
  readonly inputs: readonly Feature[]
  /** Whether layers that share all parameters, and are alike, become one layer of the model. */
  readonly sharing: boolean
  readonly #parameters: ParameterStore
  readonly #names = new Set<string>()
  readonly #scratch = new Scratch()
  readonly #layers = new Map<layers.Layer, readonly WeightOrigin[]>()
  /** Layers of the model by the names that layers of the net would have there, had they one of their own. */
  readonly #shared = new Map<string, layers.Layer>()

  constructor(options: TranslationOptions) {
    this.name = options.name
    this.phase = options.phase
    this.inputs = options.inputs
    this.#parameters = options.parameters
    this.sharing = options.sharing
  }

  /**
   * The stored or filled parameters of a layer, in Caffe's order and shape.
   *
   * Throws `caffe/parameter-mismatch` where the file has another number or shape, `caffe/missing-weights`.
   */
  parameters(layer: CaffeLayer, specs: readonly ParameterSpec[]): CaffeBlob[] {
    return this.#parameters.take(layer, specs)
  }

  /** Shapes of what the weights file holds for a layer; undefined where there is none. */
  storedShapes(layer: CaffeLayer): readonly (readonly number[])[] | undefined {
    return this.#parameters.shapes(layer)
  }

  /** A name for a layer of the model that no other has. */
  uniqueName(name: string): string {
    const legal = legalName(name)
    let unique = legal
    for (let i = 2; this.#names.has(unique); i++) unique = `${legal}_${i}`
    this.#names.add(unique)
    return unique
  }

  /** What a layer of the net is called in the model: its own name, or that of the layer it shares. */
  layerNameOf({ modelName }: CaffeLayer): string {
    return this.#shared.get(modelName)?.name ?? modelName
  }

  /** Whether some layer of the model serves several layers of the net. */
  get hasSharedLayers(): boolean {
    return this.#shared.size > 0
  }

  /**
   * Adds a layer to the model and returns what it gives. Where another layer of the net has the same parameters and
   * settings, its layer is used once more instead.
   */
  add(proposed: layers.Layer, inputs: readonly Feature[], options: AddOptions = {}): Feature[] {
    const many = inputs.find(({ putOff }) => putOff !== undefined)
    if (many !== undefined) throw tooManyAxes(proposed.name, many.rank)
    const tensors = inputs.map((input) => input.tensor)
    const origins = (options.weights ?? []).map(originOf)
    const double = this.#doubleOf(proposed, origins)
    if (double === undefined) this.#layers.set(proposed, origins)
    else this.#shared.set(proposed.name, double)
    const layer = double ?? proposed
    const symbols = [layer.apply(tensors.length === 1 ? tensors[0] : tensors)].flat() as SymbolicTensor[]
    // tfjs counts the uses of a layer, and a model that is disposed takes off one only.
    if (double !== undefined) double.dispose()
    const shapes = inputs.map(({ shape }) => shape)
    const computed = asShapes(layer.computeOutputShape(shapes.length === 1 ? shapes[0] : shapes) as Shape | Shape[])
    if (options.weights !== undefined && double === undefined) setWeights(layer, options.weights, this.#scratch)
    const rank = options.rank ?? inputs[0].rank
    return symbols.map((symbol, i) => ({ tensor: symbol, rank, shape: computed[i] }))
  }

  /** A layer of the model with the same parameters that computes the same. */
  #doubleOf(layer: layers.Layer, origins: readonly WeightOrigin[]): layers.Layer | undefined {
    const name = this.sharing ? this.#parameters.doubleOf(layer.name) : undefined
    if (name === undefined) return undefined
    const found = [...this.#layers].find(([other]) => other.name === name)
    return found !== undefined && isAlike(found, [layer, origins]) ? found[0] : undefined
  }

  /** Frees the weights of all layers added so far, for a net that turns out to be broken. */
  dispose(): void {
    for (const layer of this.#layers.keys()) for (const weight of (layer as PixelwiseLayer).weights) weight.dispose()
  }

  /** The error of a layer that cannot be translated. */
  error(
    layer: { readonly name: string; readonly at: Position },
    what: string,
    rule: string,
    next: string,
  ): PixelwiseError {
    return new PixelwiseError('caffe/layer', {
      what: `${place(this.name, layer.at)}: layer "${shortName(layer.name)}" ${what}`,
      rule,
      next,
    })
  }

  /** Throws unless a layer has as many inputs as it needs, and no more outputs than it has. */
  expectArity(layer: CaffeLayer, bottoms: number | readonly [least: number, most: number], mostTops = 1): void {
    const [least, most] = typeof bottoms === 'number' ? [bottoms, bottoms] : bottoms
    const count = layer.bottoms.length
    if (count < least || count > most) {
      const needed =
        least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} or ${most}`
      throw this.error(layer, `has ${count} bottoms`, `${layer.type} takes ${needed}`, 'correct the net')
    }
    if (layer.tops.length > mostTops || layer.tops.length < 1) {
      const rule = mostTops === 1 ? `${layer.type} gives one` : `${layer.type} gives 1 to ${mostTops}`
      throw this.error(layer, `has ${layer.tops.length} tops`, rule, 'correct the net')
    }
  }

  /** One of Caffe's axes, negative ones counted from the end. */
  axisOf(layer: CaffeLayer, axis: number, rank: number): number {
    const counted = axis < 0 ? axis + rank : axis
    if (counted >= 0 && counted < Math.max(rank, 1)) return counted
    throw this.error(layer, `has axis ${axis}`, `its input has the axes 0 to ${rank - 1}`, 'correct the axis')
  }

  /** The channels of a feature. Throws where they are not known. */
  channels(layer: CaffeLayer, { shape }: Feature): number {
    const [, , , channels] = shape
    if (channels !== null) return channels
    throw this.error(
      layer,
      'reads a blob of unknown channels',
      'weights need their sizes',
      'pass the input size: inputs',
    )
  }
}

/** The error of a blob that is no map; the caller adds the place. */
export function tooManyAxes(name: string, rank: number): PixelwiseError {
  return new PixelwiseError('caffe/too-many-axes', {
    what: `${name} takes a blob of ${rank} axes`,
    rule: 'maps have at most four; more may only stand between two reshapes',
    next: 'give a translator of your own for the layers between',
  })
}

/** How a weight came from the parameters, or its values where a translator computed them. */
type WeightOrigin = Arrangement | Float32Array

function originOf(weight: WeightValues): WeightOrigin {
  return weight instanceof Float32Array ? weight : (weight.arrangement ?? 'same')
}

type LayerWithOrigins = readonly [layers.Layer, readonly WeightOrigin[]]

/** Whether two layers of the same parameters compute the same: they differ in nothing but their names. */
function isAlike([one, origins]: LayerWithOrigins, [other, otherOrigins]: LayerWithOrigins): boolean {
  const settings = (layer: layers.Layer) => JSON.stringify({ ...layer.getConfig(), name: '' })
  if (one.getClassName() !== other.getClassName() || settings(one) !== settings(other)) return false
  return origins.length === otherOrigins.length && origins.every((origin, i) => isSameOrigin(origin, otherOrigins[i]))
}

function isSameOrigin(one: WeightOrigin, other: WeightOrigin): boolean {
  if (one instanceof Float32Array && other instanceof Float32Array) {
    return one.length === other.length && one.every((value, i) => Object.is(value, other[i]))
  }
  return JSON.stringify(one) === JSON.stringify(other)
}

function setWeights(layer: layers.Layer, values: readonly WeightValues[], scratch: Scratch): void {
  const { weights } = layer as PixelwiseLayer
  for (const [i, value] of values.entries()) {
    const shape = weights[i].shape as number[]
    const numbers =
      value instanceof Float32Array ? value : arrangedValues(value.blob, value.arrangement ?? 'same', scratch)
    if (numbers.length !== shape.reduce((product, size) => product * size, 1)) {
      throw new RangeError(`${layer.name}: ${numbers.length} values for weight ${i} of shape ${shapeText(shape)}`)
    }
    const stored = tensor(numbers, shape, 'float32')
    weights[i].write(stored)
    stored.dispose()
  }
}

/** tfjs names tensors after layers, and allows letters, digits and `-_./`. */
function legalName(name: string): string {
  const legal = name.replace(/[^-\w./]/g, '_')
  return /^[A-Za-z0-9]/.test(legal) ? legal.slice(0, longestName) : `layer_${legal}`.slice(0, longestName)
}

const longestName = 256
