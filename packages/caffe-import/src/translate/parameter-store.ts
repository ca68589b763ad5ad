import { PixelwiseError } from '@pixelwise/masks/shared'
import { shapeText, shortName } from '../names.js'
import type { GraphLayer } from '../net/graph.js'
import type { Message } from '../prototxt/message.js'
import { place } from '../prototxt/tokens.js'
import { filledValues } from '../weights/fillers.js'
import { arrayBlob, type CaffeBlob, type WeightLayer, type WeightSource } from '../weights/weight-source.js'
import type { CaffeLayer } from './feature.js'
import type { ParameterSpec } from './parameter-spec.js'
import type { ParameterReport, WeightsReport } from './report.js'
import {
  checkSharedShape,
  type Multipliers,
  multipliersOf,
  type OwnedParameter,
  sharedMultipliers,
  sharedName,
  sharedValues,
} from './shared-parameters.js'

export interface ParameterOptions {
  /** The net's name, for errors. */
  readonly name: string
  /** All layers of the net. */
  readonly layers: readonly GraphLayer[]
  readonly weights?: WeightSource
  /** Fill what the weights lack instead of refusing. */
  readonly fillMissing: boolean
  readonly seed: number
}

/** Hands out the parameters of layers: from the weights file by layer name, shared ones from their owner, else filled. */
export class ParameterStore {
  readonly #options: ParameterOptions
  readonly #stored = new Map<string, WeightLayer>()
  /** By the names of shared parameters. */
  readonly #owners = new Map<string, OwnedParameter>()
  readonly #sharedMultipliers: ReadonlyMap<string, Multipliers>
  readonly #sharedValues: ReadonlyMap<string, CaffeBlob>
  readonly #doubles = new Map<string, string>()
  readonly #used = new Set<string>()
  readonly #missing: string[] = []
  readonly #reports = new Map<CaffeLayer, ParameterReport[]>()

  constructor(options: ParameterOptions) {
    this.#options = options
    for (const layer of options.weights?.layers ?? []) {
      if (layer.blobs.length > 0 || !this.#stored.has(layer.name)) this.#stored.set(layer.name, layer)
    }
    this.#sharedMultipliers = sharedMultipliers(options.layers, options.name)
    this.#sharedValues = sharedValues(options.layers, this.#stored.values())
  }

  shapes({ name }: CaffeLayer): readonly (readonly number[])[] | undefined {
    const stored = this.#stored.get(name)
    return stored === undefined || stored.blobs.length === 0 ? undefined : stored.blobs.map(({ shape }) => shape)
  }

  take(layer: CaffeLayer, specs: readonly ParameterSpec[]): CaffeBlob[] {
    for (const { shape } of specs) this.#checkSize(layer, shape)
    const stored = this.#storedBlobs(layer, specs)
    const parameters = layer.message.messages('param')
    const taken = specs.map((spec, i) => this.#takeOne(layer, spec, i, parameters[i], stored?.[i]))
    const reports = taken.map(({ report }) => report)
    if (reports.some(({ from }) => from === 'filler') && this.#options.weights !== undefined) this.#note(layer)
    this.#reports.set(layer, reports)
    const [first] = taken.map(({ owner }) => owner?.layer)
    const isAll = taken.every(({ owner }, i) => owner !== undefined && owner.layer === first && owner.index === i)
    if (first !== undefined && isAll && this.reportOf(first).length === specs.length) {
      this.#doubles.set(layer.modelName, first.modelName)
    }
    return taken.map(({ blob }) => blob)
  }

  /** The model's name of the layer all of whose parameters, and no other, a layer has; undefined where there is none. */
  doubleOf(modelName: string): string | undefined {
    return this.#doubles.get(modelName)
  }

  #takeOne(
    layer: CaffeLayer,
    spec: ParameterSpec,
    index: number,
    parameter: Message | undefined,
    stored: CaffeBlob | undefined,
  ): { blob: CaffeBlob; report: ParameterReport; owner?: OwnedParameter } {
    const name = sharedName(parameter)
    const multipliers = this.#sharedMultipliers.get(name) ?? multipliersOf(parameter)
    const owner = this.#owners.get(name)
    if (owner !== undefined && parameter !== undefined) {
      checkSharedShape(layer, parameter, spec, owner, this.#options.name)
      const from = `shared with ${owner.layer.name}` as const
      return { blob: owner.blob, report: { shape: spec.shape, from, ...multipliers }, owner }
    }
    const shared = this.#sharedValues.get(name)
    const own = shared?.count === countOf(spec.shape) ? shared : stored
    const blob = own ?? this.#filled(layer, spec, index)
    if (name !== '') this.#owners.set(name, { layer, index, shape: spec.shape, blob })
    return { blob, report: { shape: spec.shape, from: own === undefined ? 'filler' : 'file', ...multipliers } }
  }

  reportOf(layer: CaffeLayer): readonly ParameterReport[] {
    return this.#reports.get(layer) ?? []
  }

  report(): WeightsReport {
    const { weights } = this.#options
    if (weights === undefined) return { unused: [], missing: [] }
    const unused = weights.layers
      .filter(({ name, blobs }) => blobs.length > 0 && !this.#used.has(name))
      .map(({ name, blobs }) => ({ layer: name, shapes: blobs.map(({ shape }) => shape) }))
    return { file: weights.name, format: weights.format, unused, missing: this.#missing }
  }

  #storedBlobs(layer: CaffeLayer, specs: readonly ParameterSpec[]): readonly CaffeBlob[] | undefined {
    const stored = this.#stored.get(layer.name)
    if (stored === undefined || stored.blobs.length === 0) return undefined
    this.#used.add(layer.name)
    if (stored.blobs.length !== specs.length) {
      const what = `has ${stored.blobs.length} blobs in ${this.#options.weights?.name}`
      throw this.#mismatch(layer, what, `${layer.type} as written takes ${specs.length}`)
    }
    stored.blobs.forEach((blob, i) => {
      if (sameShape(blob.shape, specs[i].shape)) return
      const what = `has blob ${i} of shape ${shapeText(blob.shape)} in ${this.#options.weights?.name}`
      throw this.#mismatch(layer, what, `the net asks for ${shapeText(specs[i].shape)}`)
    })
    return stored.blobs
  }

  #filled(layer: CaffeLayer, { shape, filler }: ParameterSpec, index: number): CaffeBlob {
    const { weights, fillMissing, seed } = this.#options
    if (weights !== undefined && !fillMissing) {
      throw new PixelwiseError('caffe/missing-weights', {
        what: `${place(this.#options.name, layer.at)}: layer "${shortName(layer.name)}" has no weights in ${weights.name}`,
        rule: 'layers find their weights by name',
        next: 'pass the weights that belong to this net, or fillMissing: true to start such layers as the net says',
      })
    }
    return arrayBlob(shape, filledValues({ purpose: `${layer.name}/${index}`, shape, filler, seed }))
  }

  #note(layer: CaffeLayer): void {
    if (!this.#missing.includes(layer.name)) this.#missing.push(layer.name)
  }

  #checkSize(layer: CaffeLayer, shape: readonly number[]): void {
    if (shape.every((size) => size >= 1 && Number.isInteger(size)) && countOf(shape) <= mostValues) return
    throw new PixelwiseError('caffe/absurd-size', {
      what: `${place(this.#options.name, layer.at)}: layer "${shortName(layer.name)}" needs a parameter of shape ${shapeText(shape)}`,
      rule: `sizes are one or more, and a parameter has at most ${mostValues} values`,
      next: 'correct num_output, kernel_size or group of the layer',
    })
  }

  #mismatch(layer: CaffeLayer, what: string, rule: string): PixelwiseError {
    return new PixelwiseError('caffe/parameter-mismatch', {
      what: `${place(this.#options.name, layer.at)}: layer "${shortName(layer.name)}" ${what}`,
      rule,
      next: 'pass the weights that belong to this net, or rename the layer so that it starts anew',
    })
  }
}

/** 2 GiB of float32. */
const mostValues = 2 ** 29

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Stored shapes of old files have four axes, ones in front. */
function sameShape(stored: readonly number[], wanted: readonly number[]): boolean {
  const padded = stored.length === 4 && wanted.length < 4 ? [...Array(4 - wanted.length).fill(1), ...wanted] : wanted
  return stored.length === padded.length && stored.every((size, axis) => size === padded[axis])
}
