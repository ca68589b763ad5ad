import { PixelwiseError } from '@pixelwise/masks/shared'
import { shapeText, shortName } from '../names.js'
import type { GraphLayer } from '../net/graph.js'
import type { Message } from '../prototxt/message.js'
import { place } from '../prototxt/tokens.js'
import type { CaffeBlob, WeightLayer } from '../weights/weight-source.js'
import type { CaffeLayer } from './feature.js'
import type { ParameterSpec } from './parameter-spec.js'

/** Multipliers of learning rate and decay, for training. */
export interface Multipliers {
  readonly learningRate: number
  readonly decay: number
}

/** What a layer says of one of its parameters. */
export function multipliersOf(parameter: Message | undefined): Multipliers {
  return { learningRate: parameter?.number('lr_mult', 1) ?? 1, decay: parameter?.number('decay_mult', 1) ?? 1 }
}

/** The name by which layers share a parameter; empty where it is the layer's own. */
export function sharedName(parameter: Message | undefined): string {
  return parameter?.text('name', '') ?? ''
}

/**
 * The multipliers of parameters that layers share (`param { name: "w" }`), by name. They have one of each kind together,
 * which any of the layers may state.
 *
 * Throws `caffe/shared-parameter` where two layers state different ones. Source: Net::AppendParam of Caffe's net.cpp.
 */
export function sharedMultipliers(layers: readonly GraphLayer[], net: string): Map<string, Multipliers> {
  const stated = new Map<string, { lr_mult?: number; decay_mult?: number }>()
  for (const layer of layers) {
    for (const parameter of layer.message.messages('param')) {
      const name = sharedName(parameter)
      if (name === '') continue
      const known = stated.get(name) ?? {}
      for (const kind of ['lr_mult', 'decay_mult'] as const) {
        const value = parameter.number(kind)
        if (value === undefined) continue
        const earlier = known[kind]
        if (earlier !== undefined && earlier !== value) {
          const what = `with ${kind} ${value}, and an earlier layer with ${earlier}`
          throw disagreement(layer, name, what, 'layers that share a parameter state one multiplier', net)
        }
        known[kind] = value
      }
      stated.set(name, known)
    }
  }
  const multipliers = ([name, { lr_mult = 1, decay_mult = 1 }]: [string, { lr_mult?: number; decay_mult?: number }]) =>
    [name, { learningRate: lr_mult, decay: decay_mult }] as const
  return new Map([...stated].map(multipliers))
}

/**
 * The stored values of shared parameters, by name. Where a file holds them for several of the layers, all layers have
 * those that come last, as Caffe reads one after the other into the same place.
 */
export function sharedValues(layers: readonly GraphLayer[], stored: Iterable<WeightLayer>): Map<string, CaffeBlob> {
  const names = new Map(layers.map(({ name, message }) => [name, message.messages('param').map(sharedName)]))
  const values = new Map<string, CaffeBlob>()
  for (const { name, blobs } of stored) {
    for (const [i, shared] of (names.get(name) ?? []).entries()) {
      if (shared !== '' && i < blobs.length) values.set(shared, blobs[i])
    }
  }
  return values
}

/** A parameter with a name, as the first layer that uses it has it: its owner. */
export interface OwnedParameter {
  readonly layer: CaffeLayer
  /** Which of the owner's parameters it is. */
  readonly index: number
  readonly shape: readonly number[]
  readonly blob: CaffeBlob
}

/** Throws `caffe/shared-parameter` where a layer uses a parameter of another in another shape. */
export function checkSharedShape(
  layer: CaffeLayer,
  parameter: Message,
  { shape }: ParameterSpec,
  owner: OwnedParameter,
  net: string,
): void {
  const isLoose = parameter.text('share_mode', 'STRICT') === 'PERMISSIVE'
  if (isLoose ? countOf(shape) === countOf(owner.shape) : shape.join() === owner.shape.join()) return
  const what = `as ${shapeText(shape)}, and layer "${shortName(owner.layer.name)}" as ${shapeText(owner.shape)}`
  const rule = isLoose ? 'both hold as many values' : 'both have one shape, unless share_mode is PERMISSIVE'
  throw disagreement(layer, sharedName(parameter), what, rule, net)
}

function disagreement(layer: GraphLayer, name: string, what: string, rule: string, net: string): PixelwiseError {
  return new PixelwiseError('caffe/shared-parameter', {
    what: `${place(net, layer.at)}: layer "${shortName(layer.name)}" has parameter "${shortName(name)}" ${what}`,
    rule,
    next: 'correct the net, or give the parameter another name',
  })
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
