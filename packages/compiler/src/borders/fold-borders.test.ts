import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { Rng } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { Draw } from '../../test-support/kernel-tests.js'
import { type PaddedNet, randomPaddedNet } from '../../test-support/random-padded-net.js'
import { relativeDifference } from '../../test-support/relative-difference.js'
import type { KernelGraph } from '../graph/kernel-graph.js'
import { simplify } from '../graph/optimise.js'
import { replay } from '../graph/replay.js'
import { trace } from '../trace/trace.js'
import { foldBorders } from './fold-borders.js'
import { graphMultiplications } from './graph-cost.js'

beforeAll(() => tf.setBackend('cpu'))

/** Rounds of random nets; `BORDER_ROUNDS=300 npx vitest run packages/compiler/src/borders` looks longer. */
const rounds = Number(process.env.BORDER_ROUNDS ?? 15)

type Net = Pick<PaddedNet, 'run' | 'weights'>

/** Loss and gradients of a net, and the same folded. */
function folded({ run, weights }: Net, shape: readonly number[]) {
  const traceAt = ([at]: readonly (readonly number[])[]) => {
    const { graph, captured } = trace(
      (image) => {
        const loss = () => tf.addN(run(image as tf.Tensor4D).map((output) => tf.sum(tf.square(output)))) as tf.Scalar
        const { value, grads } = tf.variableGrads(loss, [...weights])
        return [value, ...weights.map(({ name }) => grads[name])]
      },
      [{ shape: at }],
    )
    return { graph: simplify(graph), captured }
  }
  const { graph: whole, captured } = traceAt([shape])
  return { whole, captured, graph: foldBorders(whole, (shapes) => traceAt(shapes).graph) }
}

function expectSame({ whole, captured, graph }: ReturnType<typeof folded>, what: string): void {
  const [{ value }] = whole.inputs
  const image = seededTensor(whole.values[value].shape, what)
  const of = (each: KernelGraph) => replay(each, new Map([...captured, [value, image]])).outputs
  const [expected, actual] = [of(whole), of(graph)]
  for (const [i, output] of expected.entries()) {
    const isZero = output.dataSync().every((value) => value === 0) // behind a ReLU that lets nothing pass
    if (isZero) expect(actual[i].dataSync()).toEqual(output.dataSync())
    else expect(relativeDifference(actual[i], output), `${what}, output ${i}`).toBeLessThan(1e-5)
  }
}

describe('a padded net with equal rows and columns computed once', () => {
  test('of random layers has the same loss and gradients', () => {
    let count = 0
    for (let round = 0; round < rounds; round++) {
      tf.tidy(() => {
        const draw = new Draw(new Rng('folded nets').split(round))
        const net = randomPaddedNet(draw, [1])
        const shape: [number, number, number, number] = [draw.whole(1, 2), draw.whole(20, 36), draw.whole(20, 36), 2]
        if (net.run(tf.zeros(shape) as tf.Tensor4D).some((output) => Math.min(...output.shape) <= 0)) return // too deep for this size
        const step = folded(net, shape)
        if (step.graph === step.whole) return
        count++
        expect(graphMultiplications(step.graph)).toBeLessThan(graphMultiplications(step.whole))
        expectSame(step, `round ${round}`)
      })
    }
    expect(count).toBeGreaterThan(rounds * 0.15)
  })
})
