import type { Preprocessing } from '@pixelwise/core'
import { nearestName, PixelwiseError, type Registry } from '@pixelwise/masks/shared'
import { type LayersModel, model } from '@tensorflow/tfjs-layers'
import { shapeText, shortName } from './names.js'
import { type BlobVersion, type Graph, type GraphLayer, resolveGraph } from './net/graph.js'
import { type NetState, takesPart } from './net/phase-rules.js'
import { upgradeNet } from './net/upgrade.js'
import { foreignMessage, parsePrototxt } from './prototxt/parse.js'
import { type Position, place } from './prototxt/tokens.js'
import { caffeTranslators } from './translate/caffe-translators.js'
import type { CaffeLayer, Feature } from './translate/feature.js'
import { type InputSize, inputFeature } from './translate/inputs.js'
import { isData, isLoss, translatorName } from './translate/layer-roles.js'
import { lossReport } from './translate/losses.js'
import { ParameterStore } from './translate/parameter-store.js'
import { type Plan, planNet } from './translate/plan.js'
import { type PreprocessingOptions, preprocessingOf } from './translate/preprocessing.js'
import type { BlobReport, ImportReport, LayerReport } from './translate/report.js'
import { loadsInOrder, sharingNotes } from './translate/sharing.js'
import { Translation, tooManyAxes } from './translate/translation.js'
import type { LayerTranslator } from './translate/translator.js'
import type { WeightSource } from './weights/weight-source.js'

/** What `importCaffe` makes a model of, and how. */
export interface ImportOptions {
  /** The net as Caffe's text (prototxt). */
  readonly net: string
  /** What errors call the text. Default `net.prototxt`. */
  readonly name?: string
  /** Trained weights; without them every layer starts as its fillers say. */
  readonly weights?: WeightSource
  /** Start layers that the weights lack as the net says, instead of refusing. Default false. */
  readonly fillMissing?: boolean
  /** Seed of the fillers. Default 0. */
  readonly seed?: number
  /** Default TEST. */
  readonly phase?: 'TRAIN' | 'TEST'
  readonly level?: number
  readonly stages?: readonly string[]
  /** Sizes of inputs by blob, for nets whose data layers do not say them: `{ data: [3, 500, 500] }`. */
  readonly inputs?: Readonly<Record<string, InputSize>>
  /** Blobs that the model gives. Default: all that no other layer reads. */
  readonly outputs?: readonly string[]
  readonly preprocessing?: PreprocessingOptions
  /** How layers are translated. Default: `caffeTranslators()`. */
  readonly translators?: Registry<LayerTranslator>
}

/** A model, how images become its input, and what was made of each layer. */
export interface ImportedModel {
  /** The net; any size goes in unless a layer fixes it. The caller disposes it. */
  readonly model: LayersModel
  /** How images become the first input; undefined where that is no image. */
  readonly preprocessing: Preprocessing | undefined
  readonly report: ImportReport
}

/**
 * Makes a model of a Caffe net.
 *
 * Blobs `[N, C, H, W]` become maps `[N, H, W, C]`; blobs of fewer axes have size 1 along the others, so that scores
 * `[N, C]` are `[N, 1, 1, C]`. Fully connected layers behind a map become convolutions that cover it: the net takes any
 * image size. Data layers become inputs, losses and measurements are left out and told in the report.
 *
 * The model is made on the current backend; `cpu` keeps the weights where they were read, without a copy.
 * Throws `prototxt/…`, `caffe/…` and `caffemodel/…` errors that name the file, the place and the layer.
 */
export function importCaffe(options: ImportOptions): ImportedModel {
  const name = options.name ?? 'net.prototxt'
  const translators = options.translators ?? caffeTranslators()
  const state = { phase: options.phase ?? 'TEST', level: options.level ?? 0, stages: options.stages ?? [] } as const
  const text = parsePrototxt(options.net, 'NetParameter', name)
  const { layers, upgrades } = upgradeNet(text, name)
  checkCount(layers.length, name)
  const graph = resolveGraph(
    layers.filter((layer) => takesPart(layer, state, name)),
    name,
  )
  const plan = planNet(graph, translators, name, options.outputs)
  return build(options, { name, net: text.text('name', ''), graph, plan, translators, state, upgrades })
}

interface Preparation {
  readonly name: string
  readonly net: string
  readonly graph: Graph
  readonly plan: Plan
  readonly translators: Registry<LayerTranslator>
  readonly state: NetState
  readonly upgrades: readonly string[]
}

/** `sharing`: layers of the model may serve several layers of the net. */
function build(options: ImportOptions, preparation: Preparation, sharing = true): ImportedModel {
  const { name, graph } = preparation
  const parameters = new ParameterStore({
    name,
    layers: graph.layers,
    weights: options.weights,
    fillMissing: options.fillMissing ?? false,
    seed: options.seed ?? 0,
  })
  const inputs: Feature[] = []
  const net = new Translation({ name, phase: preparation.state.phase, inputs, parameters, sharing })
  const imported = disposingOnError(net, () => buildWith(net, inputs, parameters, options, preparation))
  if (!net.hasSharedLayers || loadsInOrder(imported.model)) return imported
  net.dispose()
  return build(options, preparation, false)
}

function disposingOnError<T>(net: Translation, run: () => T): T {
  try {
    return run()
  } catch (error) {
    net.dispose()
    throw error
  }
}

function buildWith(
  net: Translation,
  inputs: Feature[],
  parameters: ParameterStore,
  options: ImportOptions,
  preparation: Preparation,
): ImportedModel {
  const { name, graph, plan, translators } = preparation
  const notes: string[] = []
  const inputNames: string[] = []
  const features = new Map<BlobVersion, Feature>()
  const fixed = graph.layers.some(
    (layer) =>
      plan.needed.has(layer) &&
      translators.has(translatorName(layer)) &&
      translators.get(translatorName(layer)).fixedSize,
  )
  const reports: LayerReport[] = []
  for (const layer of graph.layers) {
    if (!plan.needed.has(layer)) {
      reports.push(layerReport(layer, 'skipped', features, { reason: plan.skipped.get(layer) }))
    } else if (translators.has(translatorName(layer))) {
      const caffeLayer: CaffeLayer = { ...layer, modelName: net.uniqueName(layer.name) }
      for (const [top, feature] of translate(caffeLayer, translators, features, net)) features.set(top, feature)
      const modelName = net.layerNameOf(caffeLayer)
      const parametersOf = parameters.reportOf(caffeLayer)
      reports.push(layerReport(layer, 'mapped', features, { modelName, parameters: parametersOf }))
    } else {
      const sizes = options.inputs ?? {}
      for (const [top, blob] of layer.tops.entries()) {
        if (!isRead(blob, graph, plan)) continue
        const inputOptions = { name, sizes, fixed, weights: options.weights, note: (text: string) => notes.push(text) }
        const feature = inputFeature(layer, top, graph, net.uniqueName(blob.name), inputOptions)
        features.set(blob, feature)
        inputs.push(feature)
        inputNames.push(blob.name)
      }
      reports.push(layerReport(layer, 'input', features, {}))
    }
  }
  requireInputs(Object.keys(options.inputs ?? {}), graph, name)
  const outputs = plan.outputs.flatMap((blob) => features.get(blob) ?? [])
  const many = outputs.find(({ putOff }) => putOff !== undefined)
  if (many !== undefined) throw tooManyAxes('the output of the net', many.rank)
  return {
    model: assemble(preparation, inputs, outputs),
    preprocessing: preprocessingOf(graph.layers.filter(isData), inputs[0], options.preprocessing),
    report: {
      net: preparation.net,
      upgrades: preparation.upgrades,
      layers: reports,
      inputs: inputs.map(({ shape }, i) => ({ name: inputNames[i], shape })),
      outputs: plan.outputs.map((blob) => blobReport(blob, features)),
      weights: parameters.report(),
      losses: graph.layers.filter(isLoss).map(lossReport),
      notes: [...notes, ...sharingNotes(reports, net.sharing)],
    },
  }
}

function translate(
  layer: CaffeLayer,
  translators: Registry<LayerTranslator>,
  features: ReadonlyMap<BlobVersion, Feature>,
  net: Translation,
): [BlobVersion, Feature][] {
  const translator = translators.get(translatorName(layer))
  for (const [field, entries] of layer.message.fields) {
    const { value, at } = entries[0]
    const isForeign = typeof value === 'object' && value.type === foreignMessage
    if (isForeign && !translator.messages?.includes(field)) throw unknownMessage(layer, field, at, net)
  }
  const given = layer.bottoms.flatMap((bottom) => features.get(bottom) ?? [])
  const made = withContext(layer, net, () => translator.translate(layer, given, net))
  if (made.length < layer.tops.length) {
    const what = `has ${layer.tops.length} tops, and its translator gave ${made.length}`
    throw net.error(layer, what, 'a translator gives one feature for each top', 'correct the translator')
  }
  for (const { shape } of made) checkShape(layer, shape, net)
  return layer.tops.map((top, i) => [top, made[i]])
}

/** Errors of the layers themselves know nothing of the net: they get the place and the layer's name. */
function withContext<T>(layer: CaffeLayer, net: Translation, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof PixelwiseError && error.what.includes('layer "')) throw error
    const { what, rule, next } =
      error instanceof PixelwiseError
        ? error
        : {
            what: error instanceof Error ? error.message : String(error),
            rule: 'the layer cannot be built',
            next: 'correct it',
          }
    throw new PixelwiseError('caffe/layer', {
      what: `${place(net.name, layer.at)}: layer "${shortName(layer.name)}": ${what}`,
      rule,
      next,
      cause: error,
    })
  }
}

function checkShape(layer: CaffeLayer, shape: Feature['shape'], net: Translation): void {
  const bad = shape.find((size) => size !== null && (!Number.isFinite(size) || size < 1 || size > 2 ** 31))
  if (bad === undefined) return
  const rule = 'sizes are one or more'
  throw net.error(layer, `gives a blob of shape ${shapeText(shape)}`, rule, 'feed a larger input, or correct the layer')
}

function unknownMessage(layer: CaffeLayer, field: string, at: Position, { name }: Translation): PixelwiseError {
  return new PixelwiseError('prototxt/syntax', {
    what: `${place(name, at)}: unknown field "${shortName(field)}"`,
    rule: `it is no field of a layer of type ${shortName(layer.type)}`,
    next: 'remove it, or give a translator that lists it in messages',
  })
}

/** A size for a blob that is no input would change nothing, unnoticed. */
function requireInputs(named: readonly string[], graph: Graph, name: string): void {
  const known = graph.layers.filter(isData).flatMap(({ tops }) => tops.map((blob) => blob.name))
  for (const input of named) {
    if (known.includes(input)) continue
    const near = nearestName(input, known)
    throw new PixelwiseError('caffe/no-input', {
      what: `${name}: a size for "${input}", which is no input of the net`,
      rule: `its inputs are ${known.join(', ')}`,
      next: near === undefined ? 'leave it out, or take one of these' : `did you mean "${near}"?`,
    })
  }
}

/** tfjs follows a net by recursion, so that one of some thousand layers in a row exhausts the stack. */
function assemble(
  { net, name, graph }: Preparation,
  inputs: readonly Feature[],
  outputs: readonly Feature[],
): LayersModel {
  try {
    return model({
      inputs: inputs.map(({ tensor }) => tensor),
      outputs: outputs.map(({ tensor }) => tensor),
      ...(/^[A-Za-z0-9][-\w./]*$/.test(net) && { name: net }),
    })
  } catch (error) {
    throw error instanceof RangeError ? tooManyLayers(graph.layers.length, name, error) : error
  }
}

function isRead(blob: BlobVersion, graph: Graph, plan: Plan): boolean {
  return (
    plan.outputs.includes(blob) || graph.layers.some((layer) => plan.needed.has(layer) && layer.bottoms.includes(blob))
  )
}

function layerReport(
  { name, type, bottoms, tops }: GraphLayer,
  status: LayerReport['status'],
  features: ReadonlyMap<BlobVersion, Feature>,
  { reason, modelName, parameters = [] }: Partial<Pick<LayerReport, 'reason' | 'modelName' | 'parameters'>>,
): LayerReport {
  return {
    name,
    type,
    status,
    ...(reason !== undefined && { reason }),
    ...(modelName !== undefined && modelName !== name && { modelName }),
    bottoms: bottoms.map((blob) => blob.name),
    tops: tops.map((blob) => blobReport(blob, features)),
    parameters,
  }
}

function blobReport(blob: BlobVersion, features: ReadonlyMap<BlobVersion, Feature>): BlobReport {
  return { name: blob.name, shape: features.get(blob)?.shape ?? [] }
}

function checkCount(count: number, name: string): void {
  if (count > mostLayers) throw tooManyLayers(count, name)
}

function tooManyLayers(count: number, name: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('caffe/too-many-layers', {
    what: `${name}: ${count} layers`,
    rule: 'tfjs follows a net as deep as the stack allows, a few thousand layers',
    next: 'check that this file describes a net, or import it in parts: outputs',
    ...(cause !== undefined && { cause }),
  })
}

/** ResNet-1001 has about 4,500. */
const mostLayers = 6000
