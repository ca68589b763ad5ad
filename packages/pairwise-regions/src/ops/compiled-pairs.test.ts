import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { CompiledEngine } from '@pixelwise/compiler'
import { loadOnnxRuntime } from '@pixelwise/compiler/node'
import { EagerEngine, type Engine, useBackend } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { input, type layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { largestDifference } from '../../test-support/pair-examples.js'
import { type SemiringName, semirings } from '../algebra/semirings.js'
import { LocalMatrix } from '../layers/local-matrix.js'
import { RegionClosure } from '../layers/region-closure.js'
import { RegionProduct } from '../layers/region-product.js'
import { RegionSymmetry } from '../layers/region-symmetry.js'
import { RegionTranspose } from '../layers/region-transpose.js'
import { localMatrix } from './local-matrix.js'
import { regionClosure } from './region-closure.js'
import { regionProduct } from './region-product.js'
import { regionSymmetry } from './region-symmetry.js'
import { regionTranspose } from './region-transpose.js'

let compiled: CompiledEngine
beforeAll(async () => {
  await useBackend('cpu')
  compiled = new CompiledEngine(await loadOnnxRuntime(), { fallback: 'error', intraOpNumThreads: 1 })
})

const names = Object.keys(semirings) as SemiringName[]

describe('layers predict compiled what they do eagerly, at every size of the grid', () => {
  const each: [name: string, window: number, build: () => layers.Layer][] = [
    ['LocalMatrix', 3, () => new LocalMatrix({ deviation: 0.5 })],
    ...names.flatMap((semiring): [string, number, () => layers.Layer][] => [
      [`RegionTranspose, ${semiring}`, 4, () => new RegionTranspose({ semiring })],
      [`RegionProduct, ${semiring}`, 3, () => new RegionProduct({ semiring })],
      [`RegionSymmetry, ${semiring}`, 2, () => new RegionSymmetry({ semiring })],
      [`RegionClosure, ${semiring}`, 3, () => new RegionClosure({ semiring, squarings: 2 })],
    ]),
  ]
  test.each(each)('%s', async (_name, window, build) => {
    const pairs = input({ shape: [null, null, window ** 2] })
    const layer = build()
    const output = layer.apply(layer instanceof RegionProduct ? [pairs, pairs] : pairs) as SymbolicTensor
    const net = model({ inputs: pairs, outputs: output })
    const [eager, ahead] = [await new EagerEngine().prepare(net), await compiled.prepare(net)]
    for (const grid of [
      [3, 5],
      [6, 2],
    ]) {
      const x = seededTensor([1, ...grid, window ** 2], `pairs on ${grid}`)
      const [[expected], [actual]] = [await eager.run([x]), await ahead.run([x])]
      expect(actual.shape).toEqual(expected.shape)
      // Float32 sums on the one side, float64 sums on the other.
      const scale = Math.max(1, ...[...expected.dataSync()].filter(Number.isFinite).map(Math.abs))
      expect(largestDifference(actual.dataSync(), expected.dataSync()) / scale).toBeLessThan(1e-6)
    }
    ahead.dispose()
  })
})

describe('operations learn compiled as they do eagerly', () => {
  type Run = (p: tf.Tensor4D, q: tf.Tensor4D) => tf.Tensor
  const each: [name: string, run: Run][] = [
    ['localMatrix', (p, q) => localMatrix(p, tf.reshape<tf.Rank.R2>(tf.slice(q, 0, 1), [9, 9]))],
    ['regionTranspose', (p) => regionTranspose(p)],
    ...names.flatMap((semiring): [string, Run][] => [
      [`regionProduct, ${semiring}`, (p, q) => regionProduct(p, q, { semiring, crop: 'grid' })],
      [`regionSymmetry, ${semiring}`, (p) => regionSymmetry(p, { semiring, origin: 0 })],
      [`regionClosure, ${semiring}`, (p) => regionClosure(p, { semiring, squarings: 2 })],
    ]),
  ]
  test.each(each)('%s', async (_name, run) => {
    const [eager, ahead] = [await learn(new EagerEngine(), run), await learn(compiled, run)]
    expect(ahead.loss).toBeCloseTo(eager.loss, 4)
    for (const [i, variable] of ahead.learned.entries()) {
      expect(largestDifference(variable, eager.learned[i])).toBeLessThan(5e-6)
    }
  })

  /** A step of descent on the pairs themselves; what is infinite has no part. */
  async function learn(engine: Engine, run: Run): Promise<{ loss: number; learned: tf.TypedArray[] }> {
    const variables = [0, 1].map((i) => tf.variable(seededTensor([1, 3, 3, 9], `factor ${i}`)))
    const step = await engine.prepareStep({
      variables,
      state: [],
      loss: () => {
        const result = run(variables[0] as tf.Variable<tf.Rank.R4>, variables[1] as tf.Variable<tf.Rank.R4>)
        const finite = tf.where(tf.isFinite(result), result, tf.zerosLike(result))
        return tf.sum(tf.mul(finite, seededTensor(result.shape, 'projection')))
      },
      update: (gradients) => {
        for (const [i, gradient] of gradients.entries()) variables[i].assign(tf.sub(variables[i], gradient))
      },
    })
    const loss = await step.run([])
    const learned = variables.map((variable) => variable.dataSync().slice())
    step.dispose()
    tf.dispose(variables)
    return { loss, learned }
  }
})
