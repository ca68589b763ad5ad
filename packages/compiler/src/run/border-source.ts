import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { alongBoth, wholeArea } from '../borders/area.js'
import type { Strip } from '../borders/partial-graph.js'
import { type CellsOfMap, cellMaps, periodOf } from '../borders/smaller-size.js'
import { absorbPadding } from '../graph/absorb-padding.js'
import { removeUnused } from '../graph/dead-code.js'
import { inputsOf, type KernelGraph, type ValueId } from '../graph/kernel-graph.js'
import { hostValues } from '../memory/host-memory.js'
import { type LowerOptions, lowerGraph } from '../onnx/lower-graph.js'
import { type Borders, simplifiedModel } from '../sizes/lower-model.js'
import type { TensorSignature, Trace } from '../trace/trace.js'
import type { OnnxRuntime, OnnxRuntimeTensor, OnnxTensorData, SessionOptions } from './onnx-runtime.js'
import { GraphSession } from './session.js'

/** A graph for an image of some size, and what its weights are. */
type Traced = Pick<Trace, 'graph' | 'captured'>

/** Distinct cells of maps, row by row, `[rows, columns, channels]`. */
type Distinct = ReadonlyMap<ValueId, Float32Array>

/** How many of the smallest sizes are tried. */
const attempts = 6

/**
 * Computes the borders that a net's maps have for images of a size.
 *
 * The first layers of the net compute them from an image as small as the borders allow, for which these are the same but
 * for rows and columns that repeat. What differs is kept: it serves many sizes.
 */
export class BorderSource {
  readonly #model: LayersModel
  readonly #runtime: OnnxRuntime
  readonly #sessionOptions: SessionOptions
  readonly #lowering: LowerOptions
  readonly #known = new Map<string, { readonly graph: KernelGraph; readonly cells: Promise<Distinct> }>()

  constructor(model: LayersModel, runtime: OnnxRuntime, sessionOptions: SessionOptions, lowering: LowerOptions) {
    this.#model = model
    this.#runtime = runtime
    this.#sessionOptions = sessionOptions
    this.#lowering = lowering
  }

  /** The borders for inputs of these shapes, in the order of the graph's inputs for them. */
  async at(signatures: readonly TensorSignature[], { of: graph, strips }: Borders): Promise<OnnxRuntimeTensor[]> {
    const values = new Set(strips.map((strip) => strip.of))
    const { places, cells } = this.#smallest(signatures, graph, values)
    const distinct = await cells
    const batch = signatures[0].shape[0]
    return strips.map((strip) => {
      const [found, where] = [distinct.get(strip.of), places.get(strip.of)]
      if (found === undefined || where === undefined) throw new Error(`no border was computed for value ${strip.of}`)
      const channels = graph.values[strip.of].shape[3]
      return stripOf(strip, found, where, { batch, channels }, this.#runtime)
    })
  }

  /** The cells of the smallest image that has these borders, and where each cell of a map is found among them. */
  #smallest(signatures: readonly TensorSignature[], graph: KernelGraph, values: ReadonlySet<ValueId>) {
    for (const smaller of this.#smallerSizes(signatures, graph, values)) {
      const key = JSON.stringify(smaller.map(({ shape }) => shape))
      const known = this.#known.get(key)
      const traced = known ? undefined : this.#traced(smaller)
      const small = known?.graph ?? traced?.graph
      const places = small && cellMaps(graph, small, values)
      if (small === undefined || places === undefined) continue
      const cells = known?.cells ?? (traced && this.#compute(traced, places))
      if (cells === undefined) continue
      this.#known.set(key, { graph: small, cells })
      cells.catch(() => this.#known.delete(key))
      return { places, cells }
    }
    const traced = simplifiedModel(this.#model, signatures, this.#lowering)
    const places = cellMaps(graph, traced.graph, values) ?? allCells(traced.graph, values)
    return { places, cells: this.#compute(traced, places) }
  }

  /** From the smallest on, sizes at which all strides fall on the same cells. */
  *#smallerSizes(signatures: readonly TensorSignature[], graph: KernelGraph, values: ReadonlySet<ValueId>) {
    const free = (axis: number) => this.#model.inputs.every(({ shape }) => shape.length === 4 && shape[axis] === null)
    const period = periodOf(graph, values)
    const most = alongBoth((axis) => {
      const shortest = Math.min(...signatures.map(({ shape }) => shape[axis + 1]))
      return free(axis + 1) ? Math.floor((shortest - 1) / period[axis]) : 0
    })
    for (let attempt = 0; attempt < attempts; attempt++) {
      const fewer = alongBoth((axis) => Math.max(0, most[axis] - attempt) * period[axis])
      if (fewer.every((cells) => cells === 0)) return
      yield signatures.map((signature) => {
        const [batch, height, width, channels] = signature.shape
        return { ...signature, shape: [free(0) ? 1 : batch, height - fewer[0], width - fewer[1], channels] }
      })
    }
  }

  /** Undefined for images that are too small for the net. */
  #traced(signatures: readonly TensorSignature[]): Traced | undefined {
    try {
      return simplifiedModel(this.#model, signatures, this.#lowering)
    } catch {
      return undefined
    }
  }

  async #compute({ graph, captured }: Traced, places: ReadonlyMap<ValueId, CellsOfMap>): Promise<Distinct> {
    const first = firstLayers(graph, [...places.keys()])
    const embed = new Map<ValueId, OnnxTensorData>()
    for (const { value } of first.inputs) {
      const tensor = captured.get(value)
      if (tensor !== undefined) embed.set(value, await hostValues(tensor))
    }
    // For a small image and a single run, transforming filters does not pay.
    const lowered = lowerGraph(first, { ...this.#lowering, convolution: 'direct', embed })
    const session = await GraphSession.create(this.#runtime, first, lowered, this.#sessionOptions)
    const args = first.inputs.filter(({ value }) => !embed.has(value)).map(({ value }) => value)
    const images = args.map((value) => tf.zeros([...graph.values[value].shape], graph.values[value].dtype))
    try {
      const { outputs } = await session.runArrays(new Map(args.map((value, i) => [value, images[i]])))
      return new Map([...places].map(([value, where], i) => [value, distinctOf(outputs[i], where)]))
    } finally {
      tf.dispose(images)
      await session.dispose()
    }
  }
}

/** What it takes to compute some values. */
function firstLayers(graph: KernelGraph, values: readonly ValueId[]): KernelGraph {
  const first = removeUnused(absorbPadding({ ...graph, outputs: values, assignments: [] }))
  const read = new Set([...first.nodes.flatMap(inputsOf), ...values])
  return { ...first, inputs: first.inputs.filter(({ value }) => read.has(value)) }
}

function allCells(graph: KernelGraph, values: ReadonlySet<ValueId>): Map<ValueId, CellsOfMap> {
  const placesOf = (value: ValueId) => {
    const whole = wholeArea(graph.values[value])
    return alongBoth((axis) => ({
      kept: Array.from({ length: whole[axis].to }, (_, cell) => cell),
      indexOf: (cell: number) => cell,
    }))
  }
  return new Map([...values].map((value) => [value, placesOf(value)]))
}

/** The kept cells of the first image of a map. */
function distinctOf({ data, dims }: OnnxRuntimeTensor, [rows, columns]: CellsOfMap): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error('maps are float32')
  const [, , width, channels] = dims
  const cells = new Float32Array(rows.kept.length * columns.kept.length * channels)
  let at = 0
  for (const row of rows.kept) {
    for (const column of columns.kept) {
      const from = (row * width + column) * channels
      cells.set(data.subarray(from, from + channels), at)
      at += channels
    }
  }
  return cells
}

function stripOf(
  { area }: Strip,
  distinct: Float32Array,
  [rowCells, columnCells]: CellsOfMap,
  { batch, channels }: { readonly batch: number; readonly channels: number },
  runtime: OnnxRuntime,
): OnnxRuntimeTensor {
  const [rows, columns] = area
  const [height, width] = [rows.to - rows.from, columns.to - columns.from]
  const data = new Float32Array(batch * height * width * channels)
  let at = 0
  for (let row = rows.from; row < rows.to; row++) {
    const line = rowCells.indexOf(row) * columnCells.kept.length
    for (let column = columns.from; column < columns.to; column++) {
      const from = (line + columnCells.indexOf(column)) * channels
      data.set(distinct.subarray(from, from + channels), at)
      at += channels
    }
  }
  for (let i = 1; i < batch; i++) data.copyWithin(i * height * width * channels, 0, height * width * channels)
  return new runtime.Tensor('float32', data, [batch, height, width, channels])
}
