import { currentMasks, type MaskSource, type PreparedStep, type StepDefinition, scalarLoss } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { foldBorders } from '../borders/fold-borders.js'
import type { KernelGraph, ValueId } from '../graph/kernel-graph.js'
import { simplify, withoutPadding } from '../graph/optimise.js'
import { hostValues, ownMemory, replaceValues } from '../memory/host-memory.js'
import { lowerGraph } from '../onnx/lower-graph.js'
import { orderResults } from '../onnx/order-results.js'
import { type Trace, type TraceOptions, trace } from '../trace/trace.js'
import { type CompileOptions, type SortedOptions, sortOptions } from './compile-options.js'
import { FilterGradients } from './filter-gradient.js'
import type { OnnxRuntime, OnnxTensorData } from './onnx-runtime.js'
import { fromBytes, GraphSession } from './session.js'
import { SizeCache, sizeOfInputs } from './size-cache.js'
import { planStep, type StepLimits, type StepPlan } from './step-plan.js'
import { updateInPlace } from './update-in-place.js'

interface CompiledStep {
  readonly trace: Trace
  readonly plan: StepPlan
  readonly session: GraphSession
  readonly filterGradients: FilterGradients | undefined
  dispose(): Promise<void>
}

/**
 * Prepares a training step on ONNX Runtime: loss, gradients and update in one graph, whose weights are inputs.
 *
 * Each size of batch is traced and compiled at its first step; the latest two stay compiled (`cachedSizes`). After a step
 * the variables hold the new values, as after an eager one. They lie in plain memory from then on, where ONNX Runtime
 * reads them without a copy and large ones are updated in place; tfjs moves them back when an eager kernel uses them.
 * Throws at the first step of a size what `trace` and the lowering throw.
 */
export function compileStep(
  definition: StepDefinition,
  runtime: OnnxRuntime,
  options: CompileOptions = {},
  limits?: StepLimits,
): PreparedStep {
  const sorted = sortOptions(options)
  const bySize = new SizeCache<CompiledStep>(sorted.cachedSizes ?? 2)
  const inTurn = queue()
  return {
    run: (batch, masks = currentMasks()) =>
      inTurn(() =>
        bySize.use(
          sizeOfInputs(batch),
          () => compileFor(definition, batch, runtime, sorted, limits),
          (compiled) => runStep(compiled, batch, masks),
        ),
      ),
    dispose: () => bySize.dispose(),
  }
}

/** Each step starts from the variables that the one before it has left. */
function queue(): <T>(step: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (step) => {
    const result = last.then(step)
    last = result.catch(() => {}) // whoever asked for that step is told
    return result
  }
}

/** Traces one step: the loss and the gradients as outputs, the new values of variables and state as assignments. */
export function traceStep(
  definition: StepDefinition,
  batch: readonly Pick<tf.Tensor, 'shape' | 'dtype'>[],
  options: TraceOptions = {},
): Trace {
  const { variables } = definition
  return trace(
    (...args) => {
      const { value, grads } = tf.variableGrads(() => scalarLoss(definition, args), [...variables])
      const gradients = variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable))
      definition.update(gradients)
      return [value, ...gradients]
    },
    batch.map(({ shape, dtype }) => ({ shape, dtype: dtype as 'float32' })),
    options,
  )
}

async function compileFor(
  definition: StepDefinition,
  batch: readonly tf.Tensor[],
  runtime: OnnxRuntime,
  { lowering, session: options, reuseBorders }: SortedOptions,
  limits: StepLimits | undefined,
): Promise<CompiledStep> {
  for (const variable of [...definition.variables, ...definition.state]) await ownMemory(variable)
  const traced = traceStep(definition, batch, lowering)
  const traceAt = (shapes: readonly (readonly number[])[]) => {
    const smaller = shapes.map((shape, i) => ({ shape: [...shape], dtype: batch[i].dtype }))
    return simplify(traceStep(definition, smaller, lowering).graph)
  }
  const whole = simplify(traced.graph)
  const plan = planStep(withoutPadding(reuseBorders ? foldBorders(whole, traceAt) : whole), limits)
  // Memory planned ahead would come on top of what the first step has taken: half as much again, and no faster.
  const unplanned = { enableMemPattern: false, ...options }
  const lowered = lowerGraph(plan.graph, lowering)
  const ordered = { ...lowered, onnx: orderResults(lowered.onnx) }
  const session = await GraphSession.create(runtime, plan.graph, ordered, unplanned)
  const make = fromBytes(runtime)
  const filterGradients = plan.inPieces.size > 0 ? await FilterGradients.create(runtime, make, options) : undefined
  const dispose = async () => {
    await session.dispose()
    await filterGradients?.dispose()
  }
  return { trace: traced, plan, session, filterGradients, dispose }
}

async function runStep(compiled: CompiledStep, batch: readonly tf.Tensor[], masks: MaskSource): Promise<number> {
  const { trace: traced, plan, session } = compiled
  const { feeds, drawn } = await feedsOf(traced, plan.graph, batch, masks)
  const { outputs, assignments } = await session.runArrays(feeds, { reuse: true })
  drawn.forEach((mask) => {
    mask.dispose()
  })
  const [loss, ...further] = outputs.map(({ data }) => data as OnnxTensorData)
  const arrays = new Map(plan.outputs.map((value, i) => [value, further[i] as Float32Array])) // see `affineUpdates`
  await updateInPlace(plan, traced, arrays, compiled.filterGradients)
  for (const [i, { data }] of assignments.entries()) {
    replaceValues(traced.assigned[plan.assigned[i]], data as OnnxTensorData)
  }
  return loss[0]
}

/** Everything that the graph takes: the batch, variables and constants where they lie, masks as they are drawn now. */
async function feedsOf(
  { captured }: Trace,
  graph: KernelGraph,
  batch: readonly tf.Tensor[],
  masks: MaskSource,
): Promise<{ feeds: Map<ValueId, tf.Tensor>; drawn: tf.Tensor[] }> {
  for (const tensor of captured.values()) await hostValues(tensor)
  const feeds = new Map<ValueId, tf.Tensor>(captured)
  const drawn: tf.Tensor[] = []
  let argument = 0
  for (const { value, kind, name, rate = 0 } of graph.inputs) {
    if (kind === 'argument') feeds.set(value, batch[argument++])
    if (kind !== 'mask') continue
    const mask = masks.dropoutMask(name, [...graph.values[value].shape], rate)
    drawn.push(mask)
    feeds.set(value, mask)
  }
  return { feeds, drawn }
}
