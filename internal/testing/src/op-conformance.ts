import { Rng } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { type Named, type OpCase, opCases, type StoredArray } from './op-cases.js'

/** How one case went on one backend. */
export interface OpResult {
  readonly case: string
  readonly ok: boolean
  /** Largest difference of values and gradients to the oracle, relative to the largest value (at least 1). */
  readonly maxError: number
  /** What was wrong, in words; absent when nothing was. */
  readonly problem?: string
}

/**
 * Float32 against float64: the sums have up to a hundred terms, each rounded to 6e-8 of its size, and the backends add
 * them in different orders.
 */
const oracleTolerance = 1e-5

/** Central differences of float32 functions: rounding / step + curvature·step², relative to the gradient's length. */
const differenceTolerance = 5e-3
const differenceStep = 4e-3

/**
 * Runs every case on one backend: values and gradients against the oracle, gradients against central differences along
 * random directions, and the number of tensors before and after.
 *
 * Needs no test runner. The backend must be registered; it is selected and left selected. Memory is balanced where a
 * case neither keeps nor loses a tensor.
 */
export async function runOpConformance(backendName: string, cases: readonly OpCase[] = opCases): Promise<OpResult[]> {
  if (!(await tf.setBackend(backendName))) throw new Error(`tfjs backend ${backendName} cannot be started`)
  await tf.ready()
  const results: OpResult[] = []
  for (const each of cases) results.push(await runCase(each))
  return results
}

async function runCase(each: OpCase): Promise<OpResult> {
  const before = tf.memory().numTensors
  const inputs = Object.fromEntries(Object.entries(each.inputs).map(([name, stored]) => [name, tensorOf(stored)]))
  try {
    const errors = [...(await compareValues(each, inputs)), ...(await compareGradients(each, inputs))]
    const steps = each.finiteDifferences && each.upstream ? await compareDifferences(each, inputs) : []
    tf.dispose(inputs)
    const leaked = tf.memory().numTensors - before
    const problems = [...errors, ...steps].filter(({ problem }) => problem !== undefined).map(({ problem }) => problem)
    if (leaked !== 0) problems.push(`${leaked} tensors left behind`)
    const maxError = Math.max(0, ...errors.map(({ error }) => error))
    return {
      case: each.name,
      ok: problems.length === 0,
      maxError,
      ...(problems.length && { problem: problems.join('; ') }),
    }
  } catch (error) {
    tf.dispose(inputs)
    return { case: each.name, ok: false, maxError: Number.POSITIVE_INFINITY, problem: `${error}` }
  }
}

interface Comparison {
  readonly error: number
  readonly problem?: string
}

async function compareValues(each: OpCase, inputs: Named): Promise<Comparison[]> {
  const output = each.run(inputs) // no tidy: an operation leaves its result and nothing else
  const compared = await compare('output', output, each.output)
  output.dispose()
  return [compared]
}

async function compareGradients(each: OpCase, inputs: Named): Promise<Comparison[]> {
  const names = Object.keys(each.gradients)
  if (!names.length) return []
  const gradients = gradientsOf(each, inputs, names)
  const compared: Comparison[] = []
  for (const [i, name] of names.entries()) {
    compared.push(await compare(`gradient of ${name}`, gradients[i], each.gradients[name]))
  }
  tf.dispose(gradients)
  return compared
}

function gradientsOf(each: OpCase, inputs: Named, names: readonly string[]): tf.Tensor[] {
  const upstream = tensorOf(each.upstream ?? each.output)
  const loss = (...values: tf.Tensor[]) => {
    const replaced = Object.fromEntries(names.map((name, i) => [name, values[i]]))
    return tf.sum(tf.mul(each.run({ ...inputs, ...replaced }), upstream))
  }
  const gradients = tf.grads(loss)(names.map((name) => inputs[name]))
  upstream.dispose()
  return gradients
}

/** (L(x + h·v) − L(x − h·v)) / 2h against gradient·v, for two random directions v of each input. */
async function compareDifferences(each: OpCase, inputs: Named): Promise<Comparison[]> {
  const names = Object.keys(each.gradients)
  const gradients = gradientsOf(each, inputs, names)
  const compared: Comparison[] = []
  for (const [i, name] of names.entries()) {
    const gradient = await gradients[i].data()
    for (const direction of [1, 2]) {
      const rng = new Rng(`${each.name} ${name} ${direction}`)
      const v = Float32Array.from({ length: gradient.length }, () => rng.uniform(-1, 1))
      const expected = v.reduce((sum, step, j) => sum + step * gradient[j], 0)
      const rise = (await lossAt(each, inputs, name, v, 1)) - (await lossAt(each, inputs, name, v, -1))
      const error = Math.abs(rise / (2 * differenceStep) - expected) / Math.max(1, length(gradient))
      const wrong = !(error <= differenceTolerance)
      compared.push({ error, ...(wrong && { problem: `gradient of ${name} off its central difference by ${error}` }) })
    }
  }
  tf.dispose(gradients)
  return compared
}

async function lossAt(each: OpCase, inputs: Named, name: string, v: Float32Array, sign: number): Promise<number> {
  const stored = each.inputs[name]
  const moved = tf.tensor(
    stored.values.map((value, j) => value + sign * differenceStep * v[j]),
    [...stored.shape],
    'float32',
  )
  const output = tf.tidy(() => each.run({ ...inputs, [name]: moved }))
  const values = await output.data()
  const upstream = each.upstream?.values ?? []
  tf.dispose([moved, output])
  return Array.from(values).reduce((sum, value, j) => sum + value * upstream[j], 0)
}

async function compare(what: string, actual: tf.Tensor, expected: StoredArray): Promise<Comparison> {
  const shape = `[${actual.shape}] ${actual.dtype}`
  if (shape !== `[${expected.shape}] ${expected.dtype}`) {
    return {
      error: Number.POSITIVE_INFINITY,
      problem: `${what} is ${shape} instead of [${expected.shape}] ${expected.dtype}`,
    }
  }
  const values = await actual.data()
  const scale = expected.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
  const error = expected.values.reduce((largest, value, i) => {
    const difference = Math.abs(values[i] - value) / scale
    return Math.max(largest, difference) // NaN stays NaN
  }, 0)
  const tolerance = expected.dtype === 'int32' ? 0 : oracleTolerance
  return { error, ...(!(error <= tolerance) && { problem: `${what} off by ${error}` }) }
}

function tensorOf({ values, shape, dtype }: StoredArray): tf.Tensor {
  return tf.tensor([...values], [...shape], dtype)
}

function length(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0))
}
