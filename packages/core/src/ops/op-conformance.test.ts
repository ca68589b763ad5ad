import { type OpCase, opCases, runOpConformance } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useBackend } from '../backends/index.js'
import * as ops from './index.js'

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend)
  })

  test.each(opCases.map((each) => [each.name, each] as const))('%s', async (_name, each) => {
    const [result] = await runOpConformance(backend, [each])
    expect(result.problem).toBeUndefined()
    expect(result.ok).toBe(true)
  })
})

describe('the suite itself', () => {
  const sound = caseNamed('fullyConnected: with bias')

  test('covers every operation that the package exports', () => {
    const covered = new Set(opCases.map(({ name }) => name.replace(/:.*/, '')))
    const testedElsewhere = ['bilinearFilter', 'checkFinite', 'checkLabels', 'dropoutMask']
    const missing = Object.keys(ops).filter((name) => !covered.has(name) && !testedElsewhere.includes(name))
    expect(missing).toEqual([])
  })

  test('finds a tensor left behind', async () => {
    const leaking: OpCase = {
      ...sound,
      run: (inputs) => {
        tf.keep(tf.clone(inputs.x))
        return sound.run(inputs)
      },
    }
    expect((await runOpConformance('cpu', [leaking]))[0].problem).toMatch(/^\d+ tensors left behind$/)
  })

  test('finds a wrong value', async () => {
    const wrong: OpCase = { ...sound, run: (inputs) => tf.tidy(() => tf.add(sound.run(inputs), 1e-3)) }
    expect((await runOpConformance('cpu', [wrong]))[0].problem).toMatch(/^output off by \S+$/)
  })

  test('finds a wrong gradient against the oracle and against central differences', async () => {
    const wrong: OpCase = { ...sound, run: withGradientOf(1.02, sound.run) }
    const [{ problem }] = await runOpConformance('cpu', [wrong])
    expect(problem).toMatch(/^gradient of x off by \S+; .*gradient of x off its central difference by/)
  })

  test('finds a wrong shape and a thrown error', async () => {
    const deeper: OpCase = { ...sound, run: (inputs) => tf.tidy(() => tf.expandDims(sound.run(inputs), 0)) }
    const broken: OpCase = {
      ...sound,
      run: () => {
        throw new Error('no such kernel')
      },
    }
    const results = await runOpConformance('cpu', [deeper, broken])
    expect(results.map(({ problem }) => problem)).toEqual([
      'output is [1,3,4] float32 instead of [3,4] float32',
      'Error: no such kernel',
    ])
  })
})

function caseNamed(name: string): OpCase {
  const found = opCases.find((each) => each.name === name)
  if (!found) throw new Error(`no case ${name}`)
  return found
}

/** The same values with the gradient of x multiplied by a factor. */
function withGradientOf(factor: number, run: OpCase['run']): OpCase['run'] {
  const scaled = tf.customGrad((...args) => ({
    value: tf.clone(args[0] as tf.Tensor),
    gradFunc: (dy) => tf.mul(dy, factor),
  }))
  return (inputs) => tf.tidy(() => run({ ...inputs, x: scaled(inputs.x) }))
}
