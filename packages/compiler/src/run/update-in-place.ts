import type * as tf from '@tensorflow/tfjs-core'
import type { ValueId } from '../graph/kernel-graph.js'
import { hostValues, ownedValues, replaceValues } from '../memory/host-memory.js'
import type { Trace } from '../trace/trace.js'
import { type AffineGroup, weightOf } from './affine-update.js'
import { applyUpdate } from './apply-update.js'
import type { FilterGradients } from './filter-gradient.js'
import type { StepPlan } from './step-plan.js'

/** Updates variables where they lie, from the gradients and scalars that the session gave. */
export async function updateInPlace(
  plan: StepPlan,
  { captured, assigned }: Trace,
  arrays: ReadonlyMap<ValueId, Float32Array>,
  filterGradients: FilterGradients | undefined,
): Promise<void> {
  const scalars = new Map<ValueId, number>()
  for (const [value, array] of arrays) if (array.length === 1) scalars.set(value, array[0])
  for (const [value, tensor] of captured) {
    if (tensor.size === 1) scalars.set(value, (await hostValues(tensor))[0])
  }
  for (const group of plan.inPlace) {
    const weights = numbersOf(group, scalars)
    const targets = group.targets.map(({ assignment }) => assigned[assignment])
    const owned = await Promise.all(targets.map(floatsOf))
    const sources = await Promise.all(
      group.sources.map(async (source) => {
        const target = group.targets.findIndex(({ variable }) => variable === source)
        if (target >= 0) return owned[target]
        const tensor = captured.get(source)
        return tensor === undefined ? arrays.get(source) : ((await hostValues(tensor)) as Float32Array)
      }),
    )
    const update = (piece: Float32Array | undefined, start: number, end: number) =>
      applyUpdate({
        sources: sources.map((array) => array?.subarray(start, end) ?? piece ?? none),
        targets: owned.map((array, t) => ({ array: array.subarray(start, end), weights: weights[t] })),
      })
    const cut = group.sources.map((source) => plan.inPieces.get(source)).find((found) => found !== undefined)
    if (cut === undefined) update(undefined, 0, owned[0].length)
    else {
      const [x, dy] = [arrays.get(cut.x), arrays.get(cut.dy)]
      if (filterGradients === undefined || x === undefined || dy === undefined) throw new Error('a gradient is missing')
      await filterGradients.inPieces(cut.sizes, x, dy, (piece, start) => update(piece, start, start + piece.length))
    }
    for (const [t, variable] of targets.entries()) replaceValues(variable, owned[t]) // others see that it has changed
  }
}

const none = new Float32Array(0)

function numbersOf({ sources, targets }: AffineGroup, scalars: ReadonlyMap<ValueId, number>): number[][] {
  const scalar = (value: ValueId) => {
    const number = scalars.get(value)
    if (number === undefined) throw new Error(`scalar ${value} of an update is missing`)
    return number
  }
  return targets.map(({ weights }) => sources.map((source) => weightOf(weights.get(source), scalar)))
}

async function floatsOf(variable: tf.Variable): Promise<Float32Array> {
  return (await ownedValues(variable)) as Float32Array // the analysis takes float32 alone
}
