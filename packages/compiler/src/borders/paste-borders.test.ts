import '@tensorflow/tfjs-backend-cpu'
import { Rng } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { Draw } from '../../test-support/kernel-tests.js'
import { type PaddedNet, randomPaddedNet } from '../../test-support/random-padded-net.js'
import { relativeDifference } from '../../test-support/relative-difference.js'
import type { KernelGraph, ValueId } from '../graph/kernel-graph.js'
import { simplify } from '../graph/optimise.js'
import { replay } from '../graph/replay.js'
import { standardKernels } from '../kernels/standard-kernels.js'
import { trace } from '../trace/trace.js'
import { type Area, sameArea, wholeArea } from './area.js'
import { dependenceOf, isOuterPadding } from './dependence.js'
import { type Pasted, pasteBorders } from './paste-borders.js'
import { cellMaps, periodOf } from './smaller-size.js'

beforeAll(() => tf.setBackend('cpu'))

/** Rounds of random nets; `BORDER_ROUNDS=300 npx vitest run packages/compiler/src/borders` looks longer. */
const rounds = Number(process.env.BORDER_ROUNDS ?? 15)

/** A function's graph, and the weights that it reads. */
interface Traced {
  readonly graph: KernelGraph
  readonly weights: ReadonlyMap<ValueId, tf.Tensor>
  readonly shape: number[]
}

function traced({ run }: Pick<PaddedNet, 'run'>, [height, width]: readonly number[], batch = 1): Traced {
  const shape = [batch, height, width, 2]
  const { graph, captured } = trace((image) => run(image as tf.Tensor4D), [{ shape }])
  return { graph: simplify(graph), weights: captured, shape }
}

function outputsOf({ graph, weights }: Traced, image: tf.Tensor, outputs = graph.outputs): tf.Tensor[] {
  return replay({ ...graph, outputs }, new Map([...weights, [graph.inputs[0].value, image]])).outputs
}

/** Cells of a map, each found elsewhere by `at`. */
function cells(map: tf.Tensor, [rows, columns]: Area, at = [(i: number) => i, (i: number) => i]): tf.Tensor {
  const places = ({ from, to }: Area[0], of: (i: number) => number) =>
    tf.tensor1d(
      Array.from({ length: to - from }, (_, i) => of(from + i)),
      'int32',
    )
  const [height, width] = [rows.to - rows.from, columns.to - columns.from]
  if (height === 0 || width === 0) return tf.zeros([map.shape[0], height, width, map.shape[3] as number])
  return tf.gather(tf.gather(map, places(rows, at[0]), 1), places(columns, at[1]), 2)
}

/** The pasted graph on an image, with the borders that a graph of zeros has. */
function pastedOutputs(whole: Traced, { graph, strips }: Pasted, image: tf.Tensor, borders = whole): tf.Tensor[] {
  const values = [...new Set(strips.map((strip) => strip.of))]
  const maps = outputsOf(borders, tf.zeros(borders.shape), values)
  const at = borders === whole ? undefined : cellMaps(whole.graph, borders.graph, new Set(values))
  if (borders !== whole) expect(at).toBeDefined()
  const feeds = strips.map(({ input, of, area }) => {
    const found = at?.get(of)?.map(
      ({ kept, indexOf }) =>
        (cell: number) =>
          kept[indexOf(cell)],
    )
    return [input, cells(maps[values.indexOf(of)], area, found)] as const
  })
  return outputsOf({ ...whole, graph, weights: new Map([...whole.weights, ...feeds]) }, image)
}

/** The paddings around the image, and some of the other maps with a border. */
function randomMaps({ graph }: Traced, draw: Draw): Set<ValueId> {
  const dependence = dependenceOf(graph)
  const values = graph.nodes.flatMap((node) => {
    const [output] = node.outputs
    if (isOuterPadding(node, graph, dependence)) return [output]
    const area = dependence.areas.get(output)
    const hasBorder = area !== undefined && !sameArea(area, wholeArea(graph.values[output]))
    return hasBorder && dependence.readings.has(node) && draw.whole(0, 2) === 0 ? [output] : []
  })
  return new Set(values)
}

describe('a net of random layers, with borders handed in', () => {
  const kernels = standardKernels()
  test('scores as without, with the borders of its own size and of smaller images', () => {
    let [pasted, withBorders, smaller] = [0, 0, 0]
    for (let round = 0; round < rounds; round++) {
      tf.tidy(() => {
        const draw = new Draw(new Rng('random nets').split(round))
        const net = randomPaddedNet(draw)
        const whole = traced(net, net.size)
        const values = randomMaps(whole, draw)
        const reused = pasteBorders(whole.graph, dependenceOf(whole.graph), values, kernels)
        if (reused === undefined) return
        pasted++
        if (values.size > 1) withBorders++
        const image = seededTensor(whole.shape, `image ${round}`)
        const expected = outputsOf(whole, image)
        const expectSame = (actual: tf.Tensor[], what: string) => {
          for (const [i, output] of expected.entries()) {
            expect(relativeDifference(actual[i], output), `round ${round}, output ${i}, ${what}`).toBeLessThan(1e-6)
          }
        }
        expectSame(pastedOutputs(whole, reused, image), 'borders of its size')

        const period = periodOf(whole.graph, values)
        const less = traced(net, net.size.map((length, axis) => (length > period[axis] ? length - period[axis] : length))) // biome-ignore format: short
        if (cellMaps(whole.graph, less.graph, values) === undefined) return
        smaller++
        expectSame(pastedOutputs(whole, reused, image, less), 'borders of a smaller image')
      })
    }
    expect(pasted).toBeGreaterThan(rounds * 0.7)
    expect(withBorders).toBeGreaterThan(rounds * 0.5)
    expect(smaller).toBeGreaterThan(rounds * 0.25)
  })
})
