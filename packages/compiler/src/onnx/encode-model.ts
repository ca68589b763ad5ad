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
  const writer = new ProtobufWriter()
    .integer(1, fileFormat)
    .text(2, 'pixelwise')
    .message(7, (inner) => writeGraph(inner, graph))
    .message(8, (inner) => inner.text(1, '').integer(2, opset))
  for (const [key, value] of Object.entries(metadata)) writer.message(14, (inner) => inner.text(1, key).text(2, value))
  if (writer.length <= largestFile) return writer.finish()
  throw new PixelwiseError('onnx/too-large', {
    what: `the ONNX file would have ${writer.length} bytes`,
    rule: `one file holds at most ${largestFile}`,
    next: 'use a smaller net',
  })
}

function writeGraph(writer: ProtobufWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) writer.message(1, (inner) => writeNode(inner, node))
  writer.text(2, graph.name)
  for (const tensor of graph.initializers) writer.message(5, (inner) => writeTensor(inner, tensor))
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

function writeTensor(writer: ProtobufWriter, { name, shape, type, data }: OnnxTensor): void {
  for (const length of shape) writer.integer(1, length)
  writer
    .integer(2, elementTypes[type])
    .text(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
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
