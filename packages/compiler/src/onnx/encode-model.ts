import { PixelwiseError } from '@pixelwise/masks/shared'
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxType, OnnxValue } from './onnx-graph.js'
import { ProtobufWriter } from './protobuf.js'

/** The operator set that the lowerings are written for. */
export const opset = 17

/** Version 8 of the file format belongs to operator sets 15 to 18. */
const fileFormat = 8

/** Protobuf messages end below 2 GiB. */
const largestFile = 2 ** 31 - 1

const elementTypes: Record<OnnxType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 }

/** The attribute kinds of ONNX and their numbers in `AttributeProto.AttributeType`. */
const attributeKinds = { float: 1, integer: 2, text: 3, integers: 7 }

/**
 * An ONNX file: the graph with its weights inside.
 *
 * `metadata` is stored as the model's `metadata_props`. Throws `onnx/too-large` from 2 GiB on.
 * Source: onnx.proto3, IR version 8.
 */
export function encodeModel(
  graph: OnnxGraph,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const size = graph.initializers.reduce((sum, { data }) => sum + data.byteLength, 0)
  if (size <= largestFile) {
    const writer = modelWriter(graph, metadata)
    if (writer.length <= largestFile) return writer.finish()
  }
  throw new PixelwiseError('onnx/too-large', {
    what: `the ONNX file would have more than ${size} bytes`,
    rule: `one file holds at most ${largestFile}`,
    next: 'write the weights to a second file, as exportOnnxFiles does',
  })
}

/** An ONNX file and, apart from it, the bytes of its large tensors. */
export interface EncodedFiles {
  readonly model: Uint8Array<ArrayBuffer>
  /** The second file, in order; empty where no tensor is large. */
  readonly data: readonly Uint8Array[]
}

/** Which tensors go to a second file, and what it is called. */
export interface ExternalDataOptions {
  /** Name of the second file, as the first refers to it: both lie in one folder. */
  readonly location: string
  /** Tensors of at least so many bytes go there. Default 1024. */
  readonly smallest?: number
}

/** Where tensors begin in the second file, so that operating systems can map it into memory. */
const alignment = 4096

/**
 * An ONNX file whose large tensors are in a second file beside it: the way past 2 GiB, and what ONNX Runtime can map.
 *
 * Source: onnx.proto3, `TensorProto.external_data`.
 */
export function encodeModelFiles(
  graph: OnnxGraph,
  { location, smallest = 1024 }: ExternalDataOptions,
  metadata: Readonly<Record<string, string>> = {},
): EncodedFiles {
  const data: Uint8Array[] = []
  let length = 0
  const place = (tensor: OnnxTensor): ExternalPlace | undefined => {
    if (tensor.data.byteLength < smallest) return undefined
    const gap = (alignment - (length % alignment)) % alignment
    if (gap > 0) data.push(new Uint8Array(gap))
    const offset = length + gap
    data.push(bytesOf(tensor))
    length = offset + tensor.data.byteLength
    return { location, offset, length: tensor.data.byteLength }
  }
  return { model: modelWriter(graph, metadata, place).finish(), data }
}

/** Where the bytes of a tensor lie. */
interface ExternalPlace {
  readonly location: string
  readonly offset: number
  readonly length: number
}

type Place = (tensor: OnnxTensor) => ExternalPlace | undefined

function modelWriter(
  graph: OnnxGraph,
  metadata: Readonly<Record<string, string>>,
  place: Place = () => undefined,
): ProtobufWriter {
  const writer = new ProtobufWriter()
    .integer(1, fileFormat)
    .text(2, 'pixelwise')
    .message(7, (inner) => writeGraph(inner, graph, place))
    .message(8, (inner) => inner.text(1, '').integer(2, opset))
  for (const [key, value] of Object.entries(metadata)) writer.message(14, (inner) => inner.text(1, key).text(2, value))
  return writer
}

function writeGraph(writer: ProtobufWriter, graph: OnnxGraph, place: Place): void {
  for (const node of graph.nodes) writer.message(1, (inner) => writeNode(inner, node))
  writer.text(2, graph.name)
  for (const tensor of graph.initializers) writer.message(5, (inner) => writeTensor(inner, tensor, place(tensor)))
  for (const value of graph.inputs) writer.message(11, (inner) => writeValue(inner, value))
  for (const value of graph.outputs) writer.message(12, (inner) => writeValue(inner, value))
}

function writeNode(writer: ProtobufWriter, { operator, name, inputs, outputs, attributes }: OnnxNode): void {
  for (const input of inputs) writer.text(1, input)
  for (const output of outputs) writer.text(2, output)
  writer.text(3, name).text(4, operator)
  for (const [key, value] of Object.entries(attributes)) {
    writer.message(5, (inner) => writeAttribute(inner.text(1, key), value))
  }
}

function writeAttribute(writer: ProtobufWriter, value: OnnxAttribute): void {
  if (typeof value === 'number') writer.integer(3, value).integer(20, attributeKinds.integer)
  else if (typeof value === 'string') writer.text(4, value).integer(20, attributeKinds.text)
  else if ('float' in value) writer.float(2, value.float).integer(20, attributeKinds.float)
  else {
    for (const each of value) writer.integer(8, each)
    writer.integer(20, attributeKinds.integers)
  }
}

function writeTensor(writer: ProtobufWriter, tensor: OnnxTensor, place: ExternalPlace | undefined): void {
  for (const length of tensor.shape) writer.integer(1, length)
  writer.integer(2, elementTypes[tensor.type]).text(8, tensor.name)
  if (place === undefined) {
    writer.bytes(9, bytesOf(tensor))
    return
  }
  for (const [key, value] of Object.entries(place)) {
    writer.message(13, (entry) => entry.text(1, key).text(2, `${value}`))
  }
  writer.integer(14, external)
}

/** `TensorProto.DataLocation.EXTERNAL`. */
const external = 1

function bytesOf({ data }: OnnxTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function writeValue(writer: ProtobufWriter, { name, shape, type }: OnnxValue): void {
  writer.text(1, name).message(2, (typeProto) =>
    typeProto.message(1, (tensorType) => {
      tensorType.integer(1, elementTypes[type])
      tensorType.message(2, (dimensions) => {
        for (const length of shape) {
          dimensions.message(1, (dimension) =>
            typeof length === 'number' ? dimension.integer(1, length) : dimension.text(2, length),
          )
        }
      })
    }),
  )
}
