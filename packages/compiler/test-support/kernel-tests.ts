import { Rng } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { replay } from '../src/graph/replay.js'
import type { KernelDefinition } from '../src/kernels/kernel-definition.js'
import { loadOnnxRuntime } from '../src/node/load-onnx-runtime.js'
import { type LowerOptions, lowerGraph } from '../src/onnx/lower-graph.js'
import type { OnnxRuntime } from '../src/run/onnx-runtime.js'
import { GraphSession } from '../src/run/session.js'
import { trace } from '../src/trace/trace.js'

// biome-ignore lint/suspicious/noExplicitAny: each case knows the ranks of its own tensors.
type Run = (...args: any[]) => tf.Tensor | tf.Tensor[]

/** Something to compute eagerly and compiled. */
export interface KernelCase {
  readonly inputs: readonly (readonly number[])[]
  readonly run: Run
  /** Which inputs have gradients; none by default. */
  readonly gradients?: readonly number[]
  /** Changes the uniform values in [−1, 1). */
  readonly prepare?: (x: tf.Tensor) => tf.Tensor
  /** Options of the lowering, such as the form of convolutions. */
  readonly options?: (kernels: readonly string[]) => LowerOptions
  /** Largest difference, relative to the largest value; by default that of float32 sums in another order. */
  readonly tolerance?: number
}

export interface NamedKernelCase extends KernelCase {
  readonly name: string
}

/** Draws of one random case. */
export class Draw {
  readonly #rng: Rng

  constructor(rng: Rng) {
    this.#rng = rng
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.#rng.uniform(0, to - from + 1))
  }

  of<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)]
  }

  shape(rank: number, largest = 6): number[] {
    return Array.from({ length: rank }, () => this.whole(1, largest))
  }

  /** Some of the axes of a tensor, in order. */
  axes(rank: number): number[] {
    return Array.from({ length: rank }, (_, axis) => axis).filter(() => this.whole(0, 1) === 1)
  }

  shuffled<T>(list: readonly T[]): T[] {
    const left = [...list]
    return list.map(() => left.splice(this.whole(0, left.length - 1), 1)[0])
  }
}

/** Rounds of each random case; `KERNEL_ROUNDS=200 npx vitest run packages/compiler/src/kernels` looks longer. */
const rounds = Number(process.env.KERNEL_ROUNDS ?? 3)

/**
 * Promises that cases, fixed and random, give the same compiled, replayed and eagerly on tfjs's cpu backend, gradients
 * included, and that the random ones exercise every kernel of a family.
 */
export function kernelTests(
  family: readonly (readonly [string, KernelDefinition])[],
  cases: readonly NamedKernelCase[],
  random: Readonly<Record<string, (draw: Draw) => KernelCase>>,
): void {
  let runtime: OnnxRuntime
  const drawn = new Set<string>()
  beforeAll(async () => {
    await tf.setBackend('cpu')
    runtime = await loadOnnxRuntime()
  })

  describe('compiled equals tfjs on the cpu backend', () => {
    if (cases.length > 0) test.each(cases)('$name', async (each) => void (await check(each, runtime)))
    for (const [name, make] of Object.entries(random)) {
      test(`${name}, at random`, async () => {
        for (let round = 0; round < rounds; round++) {
          const each = make(new Draw(new Rng(name).split(round)))
          try {
            for (const kernel of await check(each, runtime)) drawn.add(kernel)
          } catch (error) {
            throw new Error(`round ${round}, inputs ${JSON.stringify(each.inputs)}: ${each.run}`, { cause: error })
          }
        }
      })
    }
    afterAll(() => expect(family.map(([name]) => name).filter((name) => !drawn.has(name))).toEqual([]))
  })
}

/** Returns the kernels that were exercised. */
async function check(each: KernelCase, runtime: OnnxRuntime): Promise<string[]> {
  const { inputs, run, gradients = [], prepare } = each
  const args = inputs.map((shape, i) => {
    const random = seededTensor(shape, `input ${i}`)
    return prepare?.(random) ?? random
  })
  const kernels = await expectCompiledEqualsEager(run, args, each, runtime)
  if (gradients.length > 0) {
    const gradient: Run = (...values: tf.Tensor[]) => {
      const loss = (...learning: tf.Tensor[]) => {
        const moved = values.map((value, i) => (gradients.includes(i) ? learning[gradients.indexOf(i)] : value))
        const outputs = [run(...moved)].flat()
        const parts = outputs.map((output, i) => tf.sum(tf.mul(output, seededTensor(output.shape, `projection ${i}`))))
        return tf.addN(parts) as tf.Scalar
      }
      return tf.grads(loss)(gradients.map((i) => values[i]))
    }
    kernels.push(...(await expectCompiledEqualsEager(gradient, args, each, runtime)))
  }
  tf.dispose(args)
  return kernels
}

async function expectCompiledEqualsEager(
  run: Run,
  args: readonly tf.Tensor[],
  { options, tolerance = 1e-5 }: KernelCase,
  runtime: OnnxRuntime,
): Promise<string[]> {
  const traced = trace(
    run,
    args.map(({ shape, dtype }) => ({ shape, dtype: dtype as 'float32' })),
  )
  const kernels = traced.graph.nodes.map(({ kernel }) => kernel)
  const lowered = lowerGraph(traced.graph, options?.(kernels))
  const session = await GraphSession.create(runtime, traced.graph, lowered, { intraOpNumThreads: 1 })
  const feeds = new Map(traced.captured)
  for (const { value, kind, name } of traced.graph.inputs) {
    if (kind === 'argument') feeds.set(value, args[Number(name.slice('argument_'.length))])
  }
  const { outputs } = await session.run(feeds)
  await session.dispose()
  const { outputs: replayed } = replay(traced.graph, feeds)
  const expected = [tf.tidy(() => run(...args))].flat()
  for (const [i, output] of outputs.entries()) {
    expectClose(output, expected[i], tolerance)
    expectClose(replayed[i], expected[i], tolerance)
  }
  tf.dispose([outputs, expected, replayed])
  return kernels
}

function expectClose(actual: tf.Tensor, expected: tf.Tensor, tolerance: number): void {
  expect([actual.shape, actual.dtype]).toEqual([expected.shape, expected.dtype])
  const [a, b] = [Array.from(actual.dataSync()), Array.from(expected.dataSync())]
  const finite = b.filter(Number.isFinite)
  const scale = finite.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
  for (const [i, value] of b.entries()) {
    if (Object.is(a[i], value)) continue // NaN and infinities too
    if (Math.abs(a[i] - value) / scale <= tolerance) continue
    expect.fail(`element ${i} of [${actual.shape}]: ${a[i]} for ${value}`)
  }
}
