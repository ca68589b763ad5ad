import { currentMasks, type MaskSource, type PreparedStep, type StepDefinition } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGraph, ValueId } from '../graph/kernel-graph.js'
import { optimise } from '../graph/optimise.js'
import { standardKernels } from '../kernels/standard-kernels.js'
import { lowerGraph } from '../onnx/lower-graph.js'
import { type Trace, type TraceOptions, trace } from '../trace/trace.js'
import type { CompileOptions } from './compiled-model.js'
import type { OnnxRuntime } from './onnx-runtime.js'
import { GraphSession } from './session.js'

interface CompiledStep {
  readonly trace: Trace
  readonly graph: KernelGraph
  readonly session: GraphSession
}

/**
 * Prepares a training step on ONNX Runtime: loss, gradients and update in one graph, whose weights are inputs.
 *
 * Each size of batch is traced and compiled at its first step. After a step the variables hold the new values, as
 * after an eager one. Throws at the first step of a size what `trace` and the lowering throw.
 */
export function compileStep(
  definition: StepDefinition,
  runtime: OnnxRuntime,
  options: CompileOptions = {},
): PreparedStep {
  const bySize = new Map<string, Promise<CompiledStep>>()
  const compiledFor = (batch: readonly tf.Tensor[]): Promise<CompiledStep> => {
    const key = batch.map(({ shape, dtype }) => `${dtype} ${shape}`).join(' and ')
    const known = bySize.get(key)
    if (known !== undefined) return known
    const compiled = compileFor(definition, batch, runtime, options)
    bySize.set(key, compiled)
    compiled.catch(() => bySize.delete(key))
    return compiled
  }
  return {
    run: async (batch, masks = currentMasks()) => runStep(await compiledFor(batch), batch, masks),
    dispose: () => {
      for (const compiled of bySize.values()) {
        compiled.then(
          ({ session }) => session.dispose(),
          () => {}, // what failed to compile holds nothing
        )
      }
      bySize.clear()
    },
  }
}

/** Traces one step: the loss as output, the new values of variables and state as assignments. */
export function traceStep(definition: StepDefinition, batch: readonly tf.Tensor[], options: TraceOptions = {}): Trace {
  const { variables } = definition
  return trace(
    (...args) => {
      const { value, grads } = tf.variableGrads(() => scalarLoss(definition, args), [...variables])
      definition.update(variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable)))
      return value
    },
    batch.map(({ shape, dtype }) => ({ shape, dtype: dtype as 'float32' })),
    options,
  )
}

async function compileFor(
  definition: StepDefinition,
  batch: readonly tf.Tensor[],
  runtime: OnnxRuntime,
  {
    kernels = standardKernels(),
    convolution = 'auto',
    cachedSizes: _,
    freeSizes: __,
    sessions: ___,
    ...sessionOptions
  }: CompileOptions,
): Promise<CompiledStep> {
  const traced = traceStep(definition, batch, { kernels })
  const graph = optimise(traced.graph)
  const session = await GraphSession.create(runtime, graph, lowerGraph(graph, { kernels, convolution }), sessionOptions)
  return { trace: traced, graph, session }
}

async function runStep(
  { trace: traced, graph, session }: CompiledStep,
  batch: readonly tf.Tensor[],
  masks: MaskSource,
): Promise<number> {
  const feeds = new Map<ValueId, tf.Tensor>(traced.captured)
  const drawn: tf.Tensor[] = []
  let argument = 0
  for (const { value, kind, name, rate = 0 } of graph.inputs) {
    if (kind === 'argument') feeds.set(value, batch[argument++])
    if (kind !== 'mask') continue
    const mask = masks.dropoutMask(name, [...graph.values[value].shape], rate)
    drawn.push(mask)
    feeds.set(value, mask)
  }
  const { outputs, assignments } = await session.run(feeds)
  for (const [i, variable] of traced.assigned.entries()) variable.assign(assignments[i])
  const [loss] = await outputs[0].data()
  tf.dispose([drawn, outputs, assignments])
  return loss
}

function scalarLoss(definition: StepDefinition, batch: readonly tf.Tensor[]): tf.Scalar {
  const loss = definition.loss(batch)
  if (loss.size === 1) return tf.reshape(loss, [])
  throw new PixelwiseError('engine/loss-not-scalar', {
    what: `the loss has shape [${loss.shape.join(', ')}]`,
    rule: 'a training step needs one number to make smaller',
    next: 'sum or average the loss over its elements',
  })
}
