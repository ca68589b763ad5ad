import { withMasks } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'
import type { ElementType, KernelGraph, ValueId } from '../graph/kernel-graph.js'
import type { KernelRegistry } from '../kernels/kernel-definition.js'
import { standardKernels } from '../kernels/standard-kernels.js'
import { Recorder } from './recorder.js'
import { TracingBackend, tracingBackendName } from './tracing-backend.js'

/** An argument of a traced function: what its tensors look like. */
export interface TensorSignature {
  readonly shape: readonly number[]
  /** Default float32. */
  readonly dtype?: ElementType
  /** Name of the graph's input; default `argument_<position>`. */
  readonly name?: string
}

/** A recorded function: the graph as data, and the live tensors that it reads and changes. */
export interface Trace {
  readonly graph: KernelGraph
  /** The tensors behind the graph's inputs of kind `captured`. They belong to whoever made them. */
  readonly captured: ReadonlyMap<ValueId, tf.Tensor>
  /** The variables behind `graph.assignments`, in that order. */
  readonly assigned: readonly tf.Variable[]
}

/** What may be recorded. */
export interface TraceOptions {
  /** The kernels that may be recorded; all that this package knows by default. */
  readonly kernels?: KernelRegistry
}

/**
 * Runs a function of tensors once on a backend that records kernels instead of computing, and returns what it did.
 *
 * Anything of tfjs can be traced: models (call `apply`, not `predict`), layers, losses, `tf.valueAndGrads`, updates of
 * variables. Shapes are fixed per trace. Tensors from outside, such as weights, stay where they are and become inputs;
 * `Variable.assign` changes nothing and becomes a result; masks of `core`'s Dropout become inputs.
 *
 * The function must be synchronous. It may return a tensor, a list of tensors, or nothing.
 * Throws `trace/value-read`, `trace/randomness`, `trace/new-variable`, `trace/large-constant`, `trace/unknown-kernel`,
 * `trace/unknown-shape` or `trace/unsupported-type`, each naming the layer; `trace/nested` inside another trace. The
 * backend that was in use is in use again afterwards, and no tensor is left behind, after an error too.
 *
 * @example
 * const { graph } = trace((x) => model.apply(x) as tf.Tensor, [{ shape: [1, 64, 64, 3] }])
 */
export function trace(
  run: (...args: tf.Tensor[]) => tf.Tensor | readonly tf.Tensor[] | undefined,
  signatures: readonly TensorSignature[],
  { kernels = standardKernels() }: TraceOptions = {},
): Trace {
  const recorder = new Recorder(kernels)
  const backend = new TracingBackend(recorder)
  return onTracingBackend(backend, recorder, () => {
    let graph: KernelGraph | undefined
    tf.tidy(() => {
      const args = signatures.map(({ shape, dtype = 'float32', name }, i) =>
        inputTensor(backend, recorder, 'argument', name ?? `argument_${i}`, { shape, dtype }),
      )
      const masks = {
        dropoutMask: (layer: string, shape: number[], rate: number) =>
          inputTensor(backend, recorder, 'mask', layer, { shape, dtype: 'float32' }, rate),
      }
      const result = withMasks(masks, () => run(...args))
      graph = recorder.graph(result === undefined ? [] : [result].flat())
    })
    if (graph === undefined) throw new Error('tidy did not run')
    return { graph, captured: recorder.captured, assigned: recorder.assignedVariables() }
  })
}

function inputTensor(
  backend: TracingBackend,
  recorder: Recorder,
  kind: 'argument' | 'mask',
  name: string,
  { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: ElementType },
  rate?: number,
): tf.Tensor {
  const dataId = backend.create()
  const info = { shape: [...shape], dtype }
  recorder.addInput(dataId, { kind, name, ...(rate !== undefined && { rate }) }, info)
  return tf.engine().makeTensorFromTensorInfo({ dataId, ...info }, backend)
}

/** Puts the backend in charge, watches variables, layers and randomness, and puts everything back. */
function onTracingBackend<T>(backend: TracingBackend, recorder: Recorder, run: () => T): T {
  const engine = tf.engine()
  const before = engine.backendName
  if (before === tracingBackendName) {
    throw new PixelwiseError('trace/nested', {
      what: 'trace() was called inside a traced function',
      rule: 'one function is traced at a time',
      next: 'trace the outer function alone: it records the inner one as well',
    })
  }
  const variables = new Set(Object.keys(engine.registeredVariables))
  const unwatch = watch(recorder)
  const kernels = registerKernels(recorder, backend, tf.getKernelsForBackend(before))
  tf.registerBackend(tracingBackendName, () => backend)
  try {
    void tf.setBackend(tracingBackendName) // does its work before it returns
    return run()
  } catch (error) {
    if (engine.state.gradientDepth === 0) freeTape()
    throw error
  } finally {
    unwatch()
    for (const [name, variable] of Object.entries(engine.registeredVariables)) {
      if (!variables.has(name)) variable.dispose()
    }
    if (before) void tf.setBackend(before)
    tf.removeBackend(tracingBackendName)
    for (const kernelName of kernels) tf.unregisterKernel(kernelName, tracingBackendName)
  }
}

/**
 * Every kernel that tfjs names or the eager backend has is answered, so that an unknown one can be named together with its
 * layer.
 */
function registerKernels(recorder: Recorder, backend: TracingBackend, eager: readonly tf.KernelConfig[]): string[] {
  const names = new Set([...recorder.kernelNames(), ...tfjsKernelNames(), ...eager.map(({ kernelName }) => kernelName)])
  for (const kernelName of names) {
    tf.registerKernel({
      kernelName,
      backendName: tracingBackendName,
      kernelFunc: ({ inputs, attrs }) => {
        const outputs = recorder.addKernel(kernelName, inputs, attrs as Record<string, unknown>, () => backend.create())
        return recorder.returnsList(kernelName) ? outputs : outputs[0]
      },
    })
  }
  return [...names]
}

/** tfjs exports the name of each kernel as a constant of (nearly) the same name. */
function tfjsKernelNames(): string[] {
  return Object.entries(tf).flatMap(([name, value]) =>
    typeof value === 'string' && (value === name || value === `_${name}`) ? [value] : [],
  )
}

/** Takes note of assignments and of the layers at work; refuses new variables and randomness. Returns how to stop. */
function watch(recorder: Recorder): () => void {
  const { assign } = tf.Variable.prototype
  const { apply } = layers.Layer.prototype
  // Layers alone may call it, as far as the types go.
  const layerPrototype = layers.Layer.prototype as unknown as { addWeight: unknown }
  const { addWeight } = layerPrototype
  const { random } = Math
  tf.Variable.prototype.assign = function (this: tf.Variable, value: tf.Tensor) {
    checkAssignment(this, value)
    recorder.assign(this, value)
  }
  layers.Layer.prototype.apply = function (this: layers.Layer, ...args: Parameters<typeof apply>) {
    recorder.layers.push(this.name)
    try {
      checkForgets(this, recorder)
      return apply.apply(this, args)
    } finally {
      recorder.layers.pop()
    }
  }
  const refuseVariable = () => {
    throw new PixelwiseError('trace/new-variable', {
      what: `${recorder.where()} creates a variable`,
      rule: 'the weights must exist before tracing, as they would belong to no backend',
      next: 'build the layer first, by applying it once or by making a model of it',
    })
  }
  tf.engine().makeVariable = refuseVariable
  layerPrototype.addWeight = refuseVariable // before the initialiser draws random numbers
  Math.random = () => {
    throw new PixelwiseError('trace/randomness', {
      what: `${recorder.where()} draws a random number`,
      rule: 'a random value would be frozen into the graph',
      next: 'use the Dropout layer of @pixelwise/core, whose masks become inputs, or pass random values as arguments',
    })
  }
  return () => {
    tf.Variable.prototype.assign = assign
    layers.Layer.prototype.apply = apply
    layerPrototype.addWeight = addWeight
    delete (tf.engine() as Partial<ReturnType<typeof tf.engine>>).makeVariable // the class's own shows again
    Math.random = random
  }
}

/** A stateful layer would keep a recorded tensor, which has no values, for its next eager call. */
function checkForgets(layer: layers.Layer, recorder: Recorder): void {
  if (!layer.stateful || 'layers' in layer) return // a model is stateful through its layers
  throw new PixelwiseError('trace/stateful-layer', {
    what: `${recorder.where()} keeps a state from call to call`,
    rule: 'a traced function gives the same for the same inputs',
    next: 'run this net eagerly, or build the layer with stateful: false',
  })
}

/** As tfjs itself would. */
function checkAssignment(variable: tf.Variable, value: tf.Tensor): void {
  if (variable.dtype === value.dtype && tf.util.arraysEqual(variable.shape, value.shape)) return
  throw new PixelwiseError('trace/wrong-assignment', {
    what: `variable "${variable.name}" is assigned ${value.dtype} [${value.shape.join(', ')}]`,
    rule: `it holds ${variable.dtype} [${variable.shape.join(', ')}]`,
    next: 'reshape or cast the new value',
  })
}

/** After an error tfjs keeps what it had saved for the backward pass; nothing else would ever free it. */
function freeTape(): void {
  const { state } = tf.engine()
  for (const node of state.activeTape ?? []) tf.dispose(node.saved ?? [])
  state.activeTape = []
}
