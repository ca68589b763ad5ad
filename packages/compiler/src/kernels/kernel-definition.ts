import type { Registry } from '@pixelwise/masks/shared'
import type { Attributes, ElementType, ValueInfo } from '../graph/kernel-graph.js'
import type { LoweringContext } from '../onnx/lowering-context.js'

/** Inputs of a kernel by name; those that were left out are absent, lists are numbered `'0'`, `'1'`… as tfjs passes them. */
export type InputInfos = Readonly<Record<string, ValueInfo>>

/**
 * What the compiler knows of one tfjs kernel.
 *
 * `infer` gives shape and type of each output without computing anything. `lower` writes ONNX nodes that compute the
 * same; a kernel without it can be traced and replayed, but not compiled.
 */
export interface KernelDefinition {
  /** Shape and type of each output. */
  infer(inputs: InputInfos, attributes: Attributes): ValueInfo[]
  /** Writes the ONNX nodes that compute the same. */
  lower?(context: LoweringContext): void
  /** Element types of inputs for which `lower` is written; all where absent. */
  readonly types?: readonly ElementType[]
  /** Whether tfjs expects a list of outputs, even of one. */
  readonly returnsList?: boolean
}

/** A kernel whose inputs must be float32, for its lowering to hold. */
export function ofFloats(kernel: KernelDefinition): KernelDefinition {
  return { ...kernel, types: ['float32'] }
}

/** A kernel whose inputs must be float32 or int32, for its lowering to hold. */
export function ofNumbers(kernel: KernelDefinition): KernelDefinition {
  return { ...kernel, types: ['float32', 'int32'] }
}

/** A kernel of which every element type can be lowered. */
export function ofAllTypes(kernel: KernelDefinition): KernelDefinition {
  return { ...kernel, types: ['float32', 'int32', 'bool'] }
}

/** Kernels by the names that tfjs gives them (`Conv2D`, `_FusedMatMul`). */
export type KernelRegistry = Registry<KernelDefinition>
