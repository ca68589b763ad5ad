import { PixelwiseError } from '@pixelwise/masks/shared'
import { tensor } from '@tensorflow/tfjs-core'
import type { LayersModel, layers } from '@tensorflow/tfjs-layers'
import { shapeText, shortName } from './names.js'
import { type Arrangement, arrangedValues } from './weights/arrange.js'
import { blobValues, type CaffeBlob, type WeightLayer, type WeightSource } from './weights/weight-source.js'

/** Which layer of a model takes the weights of which layer of the file. */
export interface TransplantOptions {
  /** The model's names are the source's with this ending: `conv1_1color` takes `conv1_1`. */
  readonly suffix?: string
  /** Source layers of single model layers; they win over the suffix. */
  readonly names?: Readonly<Record<string, string>>
  /** Model layers with more outputs than the source: the first take the old ones, the others stay as they are. */
  readonly expand?: readonly string[]
  /** Model layers with more input channels than the source: the others start as the mean of the old ones. */
  readonly widen?: readonly string[]
}

/** What `transplantWeights` copied, and what not. */
export interface TransplantReport {
  /** Layers whose weights were taken. `reshaped` where the same numbers had another shape, such as fully connected ones. */
  readonly copied: readonly { readonly layer: string; readonly from: string; readonly how: CopyKind }[]
  /** Layers of the model that keep their weights, and why. */
  readonly kept: readonly { readonly layer: string; readonly reason: string }[]
  /** Layers of the source that nothing took. */
  readonly unused: readonly string[]
}

type CopyKind = 'same' | 'reshaped' | 'expanded' | 'widened'

/**
 * Copies weights of a Caffe net into a model, layer by layer, by name.
 *
 * As in the reference code's surgery: fully connected weights go into the convolution of the same numbers, layers that
 * the source lacks keep their weights, new score layers keep old classes first, a first layer for RGB-D begins as the
 * one for RGB with the mean of its filters for depth.
 *
 * Throws `transplant/nothing-copied` and `transplant/unknown-layer`. Source: Long 2016, §3.4; fcn.berkeleyvision.org.
 */
export function transplantWeights(
  model: LayersModel,
  source: WeightSource,
  options: TransplantOptions = {},
): TransplantReport {
  checkNames(model, options)
  const stored = new Map(source.layers.filter(({ blobs }) => blobs.length > 0).map((layer) => [layer.name, layer]))
  const copied: { layer: string; from: string; how: CopyKind }[] = []
  const kept: { layer: string; reason: string }[] = []
  for (const layer of model.layers.filter(({ weights }) => weights.length > 0)) {
    const from = sourceName(layer.name, options)
    const found = from === undefined ? undefined : stored.get(from)
    if (found === undefined) kept.push({ layer: layer.name, reason: `${source.name} has no such layer` })
    else {
      const result = copyLayer(layer, found, options)
      if ('how' in result) copied.push({ layer: layer.name, from: found.name, how: result.how })
      else kept.push({ layer: layer.name, reason: result.reason })
    }
  }
  if (copied.length === 0) {
    throw new PixelwiseError('transplant/nothing-copied', {
      what: `none of ${kept.length} layers of ${model.name} takes weights from ${source.name} (${kept[0]?.layer}: ${kept[0]?.reason})`,
      rule: 'layers find their weights by name',
      next: 'pass suffix or names, or check that both are nets of one family',
    })
  }
  const taken = new Set(copied.map(({ from }) => from))
  return { copied, kept, unused: [...stored.keys()].filter((name) => !taken.has(name)) }
}

function checkNames(model: LayersModel, { names = {}, expand = [], widen = [] }: TransplantOptions): void {
  const known = new Set(model.layers.map(({ name }) => name))
  const unknown = [...Object.keys(names), ...expand, ...widen].find((name) => !known.has(name))
  if (unknown === undefined) return
  throw new PixelwiseError('transplant/unknown-layer', {
    what: `the options name layer "${shortName(unknown)}", which ${model.name} does not have`,
    rule: 'options name layers of the model',
    next: 'correct the name',
  })
}

function sourceName(name: string, { suffix = '', names = {} }: TransplantOptions): string | undefined {
  if (Object.hasOwn(names, name)) return names[name]
  return name.endsWith(suffix) ? name.slice(0, name.length - suffix.length) : undefined
}

/** A kernel as Caffe counts it: outputs, inputs, rows, columns. */
type KernelShape = readonly [outputs: number, inputs: number, height: number, width: number]

function copyLayer(
  layer: layers.Layer,
  { blobs }: WeightLayer,
  options: TransplantOptions,
): { how: CopyKind } | { reason: string } {
  const plans: (() => void)[] = []
  let how: CopyKind = 'same'
  for (const [i, weight] of layer.weights.entries()) {
    const blob = blobs[i]
    if (blob === undefined) return { reason: `it has ${layer.weights.length} weights, the source ${blobs.length}` }
    const shape = weight.shape as number[]
    const kernel = kernelShape(layer, shape)
    const count = shape.reduce((product, size) => product * size, 1)
    const write = (values: Float32Array) => {
      const stored = tensor(values, shape, 'float32')
      weight.write(stored)
      stored.dispose()
    }
    if (blob.count === count) {
      const arrangement: Arrangement = kernel === undefined ? 'same' : { kernel }
      if (kernel !== undefined && !sameKernel(blob.shape, kernel)) how = 'reshaped'
      plans.push(() => write(arrangedValues(blob, arrangement)))
      continue
    }
    const partial = partialCopy(layer.name, blob, kernel ?? [count, 1, 1, 1], options)
    if (partial === undefined) {
      return { reason: `weight ${i} is ${shapeText(shape)}, the source ${shapeText(blob.shape)}` }
    }
    how = partial
    plans.push(() => write(mixed(weight.read().dataSync() as Float32Array, blob, kernel ?? [count, 1, 1, 1])))
  }
  for (const plan of plans) plan()
  return { how }
}

/** Undefined for weights that are lists: biases, scales. */
function kernelShape(layer: layers.Layer, shape: readonly number[]): KernelShape | undefined {
  if (shape.length === 4) return [shape[3], shape[2], shape[0], shape[1]]
  if (shape.length !== 2) return undefined
  const [height, width, channels] = flattenedMap(layer) ?? [1, 1, shape[0]]
  return [shape[1], channels, height, width]
}

/** Rows, columns and channels of a map that a dense layer reads flattened: our values come in another order than Caffe's. */
function flattenedMap(layer: layers.Layer): number[] | undefined {
  const [input] = [layer.input].flat()
  const below = input.sourceLayer
  if (below.getClassName() !== 'Flatten') return undefined
  const [map] = [below.input].flat()
  return map.shape.length === 4 ? (map.shape.slice(1) as number[]) : undefined
}

function sameKernel(stored: readonly number[], kernel: KernelShape): boolean {
  return stored.length === 4 && stored.every((size, axis) => size === kernel[axis])
}

function partialCopy(
  name: string,
  blob: CaffeBlob,
  [outputs, inputs, height, width]: KernelShape,
  { expand = [], widen = [] }: TransplantOptions,
): CopyKind | undefined {
  const [storedOutputs, storedInputs, ...cells] = fourSizes(blob)
  const sameCells = cells[0] === height && cells[1] === width
  if (!sameCells) return undefined
  if (expand.includes(name) && storedInputs === inputs && storedOutputs < outputs) return 'expanded'
  return widen.includes(name) && storedOutputs === outputs && storedInputs < inputs ? 'widened' : undefined
}

/** Lists count as outputs, also where old files store them as 1×1×1×N. */
function fourSizes({ shape, count }: CaffeBlob): KernelShape {
  const isList = shape.length === 1 || (shape.length === 4 && shape[3] === count)
  return isList ? [count, 1, 1, 1] : [shape[0], shape[1] ?? 1, shape[2] ?? 1, shape[3] ?? 1]
}

/** The current values with the source's in their place; input channels beyond the source's are the mean of those. */
function mixed(current: Float32Array, blob: CaffeBlob, [outputs, inputs, height, width]: KernelShape): Float32Array {
  const source = blobValues(blob)
  const [storedOutputs, storedInputs] = fourSizes(blob)
  const cells = height * width
  const values = Float32Array.from(current)
  for (let output = 0; output < Math.min(outputs, storedOutputs); output++) {
    for (let cell = 0; cell < cells; cell++) {
      const at = (input: number) => source[(output * storedInputs + input) * cells + cell]
      let sum = 0
      for (let input = 0; input < storedInputs; input++) sum += at(input)
      for (let input = 0; input < inputs; input++) {
        const value = input < storedInputs ? at(input) : sum / storedInputs
        values[(cell * inputs + input) * outputs + output] = value
      }
    }
  }
  return values
}
