/** Element types of ONNX, by the names used here. */
export type OnnxType = 'float32' | 'int32' | 'int64' | 'bool'

/** An attribute of a node. Whole numbers become INT, lists of them INTS; floats are wrapped to tell them apart. */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number }

/** One operator with its inputs and outputs by name. */
export interface OnnxNode {
  readonly operator: string
  readonly name: string
  /** Names of values; an empty one stands for an input left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** A constant with its values. */
export interface OnnxTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: OnnxType
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array
}

/** An input or output of the graph. */
export interface OnnxValue {
  readonly name: string
  /** A name stands for a length that is free. */
  readonly shape: readonly (number | string)[]
  readonly type: OnnxType
}

/** A graph in the terms of ONNX. */
export interface OnnxGraph {
  readonly name: string
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly initializers: readonly OnnxTensor[]
  readonly nodes: readonly OnnxNode[]
}
