import '@tensorflow/tfjs-backend-cpu'
import { BatchNormalization, Dropout } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { removeUnused } from '../graph/dead-code.js'
import { replay } from '../graph/replay.js'
import { trace } from './trace.js'

beforeAll(() => tf.setBackend('cpu'))
beforeEach(() => expect(tf.getBackend()).toBe('cpu'))

const asTensor = (output: unknown) => output as tf.Tensor

describe('the data of a graph', () => {
  test('a graph is plain data: it survives being written as text', () => {
    const { graph } = trace((x) => tf.pad(tf.relu(x), [[1, 2]], 3), [{ shape: [4], name: 'x' }])
    expect(JSON.parse(JSON.stringify(graph))).toEqual({
      values: [
        { shape: [4], dtype: 'float32' },
        { shape: [4], dtype: 'float32' },
        { shape: [7], dtype: 'float32' },
      ],
      inputs: [{ value: 0, kind: 'argument', name: 'x' }],
      constants: [],
      nodes: [
        { kernel: 'Relu', inputs: { x: 0 }, attributes: {}, outputs: [1] },
        { kernel: 'PadV2', inputs: { x: 1 }, attributes: { paddings: [[1, 2]], constantValue: 3 }, outputs: [2] },
      ],
      outputs: [2],
      assignments: [],
    })
  })

  test('nodes know the layer that they come from', () => {
    const layer = tfl.layers.dense({ units: 2, name: 'score', inputShape: [3] })
    const model = tfl.sequential({ layers: [layer] })
    const { graph } = trace((x) => asTensor(model.apply(x)), [{ shape: [1, 3] }])
    expect(new Set(graph.nodes.map((node) => node.layer))).toEqual(new Set(['score']))
  })
})

describe('weights', () => {
  test('stay where they are and become inputs', () => {
    const weight = tf.variable(tf.tensor1d([2, 3]), true, 'weight')
    const { graph, captured } = trace((x) => tf.mul(x, weight), [{ shape: [2] }])
    expect(graph.inputs.map(({ kind, name }) => [kind, name])).toEqual([
      ['argument', 'argument_0'],
      ['captured', 'weight'],
    ])
    expect([...captured.values()]).toEqual([weight])
    expect([...weight.dataSync()]).toEqual([2, 3])
    weight.dispose()
  })

  test('an assignment changes nothing, is seen by later reads, and becomes a result', () => {
    const weight = tf.variable(tf.scalar(2), true, 'moving')
    const { graph, captured, assigned } = trace(
      (x) => {
        const before = tf.add(weight, 0)
        weight.assign(tf.add(weight, x))
        return [before, tf.mul(weight, 10)]
      },
      [{ shape: [] }],
    )
    expect(weight.dataSync()[0]).toBe(2)
    expect(graph.assignments.map(({ variable }) => variable)).toEqual(['moving'])
    expect(assigned).toEqual([weight])
    const feeds = new Map(captured).set(graph.inputs[0].value, tf.scalar(5))
    const { outputs, assignments } = replay(graph, feeds)
    expect([...outputs, ...assignments].map((tensor) => tensor.dataSync()[0])).toEqual([2, 70, 7])
    weight.dispose()
  })

  test('moving averages of batch normalisation come out as eager training leaves them', () => {
    const layer = new BatchNormalization({ name: 'norm' })
    const x = seededTensor([2, 3, 3, 2], 'x')
    tf.dispose(asTensor(layer.apply(x)))
    const run = (input: tf.Tensor) => asTensor(layer.apply(input, { training: true }))
    const { graph, captured } = trace(run, [{ shape: x.shape }])
    const { assignments } = replay(graph, new Map(captured).set(graph.inputs[0].value, x))
    tf.dispose(run(x))
    const averages = layer.getWeights().slice(-2)
    expect(assignments.map((tensor) => tensor.dataSync())).toEqual(averages.map((tensor) => tensor.dataSync()))
  })

  test('none may be created', () => {
    const layer = tfl.layers.dense({ units: 2, name: 'late' })
    expect(() => trace((x) => asTensor(layer.apply(x)), [{ shape: [1, 3] }])).toThrow(
      'layer "late" creates a variable: the weights must exist before tracing, as they would belong to no backend; build the layer first, by applying it once or by making a model of it',
    )
    expect(tf.memory().numTensors).toBe(countBefore)
  })
})

let countBefore = 0
beforeEach(() => {
  countBefore = tf.memory().numTensors
})

describe('values', () => {
  test('constants can be read, computed values not', () => {
    trace(
      (x) => {
        expect([...tf.tensor1d([1, 2]).dataSync()]).toEqual([1, 2])
        expect([...tf.ones([3]).dataSync()]).toEqual([1, 1, 1])
        return x
      },
      [{ shape: [1] }],
    )
    class Peeking extends tfl.layers.Layer {
      static className = 'Testing>Peeking'
      override call(input: tf.Tensor | tf.Tensor[]) {
        return tf.mul([input].flat()[0], [input].flat()[0].dataSync()[0])
      }
    }
    const layer = new Peeking({ name: 'peeking' })
    expect(() => trace((x) => asTensor(layer.apply(x)), [{ shape: [1, 3] }])).toThrow(
      'layer "peeking" reads the value of a tensor: while tracing, tensors are only recorded and have no values yet; compute with tfjs operations instead of dataSync() or arraySync(), or run this net eagerly',
    )
  })

  test('whole activations of one number are stored as that number', () => {
    const { graph } = trace((x) => tf.mul(x, tf.ones([64, 64])), [{ shape: [64, 64] }])
    expect(graph.constants.map(({ data }) => data)).toEqual([{ everywhere: 1 }])
  })

  test('constants that are data are refused', () => {
    const size = 2 ** 22 + 1
    expect(() =>
      trace((x) => tf.add(x, tf.tensor1d(Float32Array.from({ length: size }, (_, i) => i))), [{ shape: [size] }]),
    ).toThrow(
      'the traced function makes a constant of 4194305 values: constants of more than 4194304 values are data, such as a random mask, and would be frozen; pass it to the traced function as an argument',
    )
  })

  test("tfjs's own dropout, which would be frozen, is refused by name", () => {
    const layer = tfl.layers.dropout({ rate: 0.5, name: 'drop' })
    expect(() => trace((x) => asTensor(layer.apply(x, { training: true })), [{ shape: [4] }])).toThrow(
      'layer "drop" draws a random number: a random value would be frozen into the graph; use the Dropout layer of @pixelwise/core, whose masks become inputs, or pass random values as arguments',
    )
    expect(Math.random()).toBeLessThan(1)
  })

  test('a layer that remembers what it was shown is refused, and computes on eagerly', () => {
    const layer = tfl.layers.lstm({
      units: 2,
      stateful: true,
      batchInputShape: [1, 3, 1],
      recurrentInitializer: 'ones',
      name: 'memory',
    })
    const model = tfl.sequential({ layers: [layer] })
    const input = seededTensor([1, 3, 1], 'input')
    const [first] = [asTensor(model.predict(input)).dataSync()]
    expect(() => trace((x) => asTensor(model.apply(x)), [{ shape: [1, 3, 1] }])).toThrow(
      'layer "memory" keeps a state from call to call: a traced function gives the same for the same inputs; run this net eagerly, or build the layer with stateful: false',
    )
    expect([...asTensor(model.predict(input)).dataSync()]).not.toEqual([...first])
  })

  test('masks of our Dropout become inputs with their rate', () => {
    const layer = new Dropout({ rate: 0.25, name: 'drop6' })
    const { graph } = trace((x) => asTensor(layer.apply(x, { training: true })), [{ shape: [2, 3] }])
    expect(graph.inputs[1]).toEqual({ value: 1, kind: 'mask', name: 'drop6', rate: 0.25 })
    expect(graph.values[1]).toEqual({ shape: [2, 3], dtype: 'float32' })
  })
})

describe('whatever happens', () => {
  test('no tensor is left behind, after a gradient that fails too', () => {
    const weight = tf.variable(tf.tensor1d([1, 2]))
    const before = tf.memory().numTensors
    const fail = (x: tf.Tensor) =>
      tf.grad((value) => {
        const squared = tf.square(tf.mul(value, weight))
        tf.exp(squared).dataSync()
        return squared
      })(x)
    expect(() => trace(fail, [{ shape: [2] }])).toThrow('reads the value of a tensor')
    trace((x) => tf.grad((value) => tf.square(tf.mul(value, weight)))(x), [{ shape: [2] }])
    expect(tf.memory().numTensors).toBe(before)
    weight.dispose()
  })

  test('the backend in use stays in use, and layers and variables work as before', () => {
    expect(() =>
      trace(() => {
        throw new Error('broken')
      }, []),
    ).toThrow('broken')
    expect(tf.getBackend()).toBe('cpu')
    const variable = tf.variable(tf.scalar(1))
    variable.assign(tf.scalar(2))
    expect(variable.dataSync()[0]).toBe(2)
    variable.dispose()
  })

  test('a trace inside a trace is refused', () => {
    const inner = () => trace(tf.relu, [{ shape: [1] }])
    expect(() => trace((x) => [x, inner()].slice(0, 1) as tf.Tensor[], [{ shape: [1] }])).toThrow(
      'trace() was called inside a traced function: one function is traced at a time; trace the outer function alone: it records the inner one as well',
    )
  })

  test('a kernel whose shapes are not known, as they depend on values, is named', () => {
    expect(() => trace((x) => tf.unique(x).values, [{ shape: [4] }])).toThrow(
      'the traced function uses the tfjs kernel "Unique": the compiler does not know its output shape; add it to the kernel registry: standardKernels().add("Unique", { infer, lower })',
    )
  })

  test("so is a user's own kernel of the backend in use, which the tracing backend gives back", () => {
    const own = { kernelName: 'Double', backendName: 'cpu' }
    tf.registerKernel({ ...own, kernelFunc: () => [] })
    expect(() => trace((x) => tf.engine().runKernel('Double', { x }) as tf.Tensor, [{ shape: [4] }])).toThrow(
      'the traced function uses the tfjs kernel "Double": the compiler does not know its output shape',
    )
    tf.unregisterKernel(own.kernelName, own.backendName)
    expect(tf.getKernelsForBackend('pixelwise-tracing')).toEqual([])
  })

  test('and a kernel that is called with what does not fit, or in a way that the compiler does not expect', () => {
    const layer = tfl.layers.activation({ activation: 'linear', name: 'sum' })
    layer.call = (x) => tf.add([x].flat()[0], tf.ones([3]))
    expect(() => trace((x) => asTensor(layer.apply(x)), [{ shape: [4] }])).toThrow(
      'layer "sum" calls the tfjs kernel "Add" with [4] and [3], which fails (Error: Operands could not be broadcast together with shapes 4 and 3.): the compiler must know the shape of each output beforehand; run it eagerly: if that fails as well, the shapes do not fit; if not, the compiler lacks this case',
    )
  })

  test('a layer that survives the error of another keeps its name', () => {
    const [inner, outer] = ['inner', 'outer'].map((name) => tfl.layers.activation({ activation: 'linear', name }))
    inner.call = () => {
      throw new Error('broken')
    }
    outer.call = (x) => {
      expect(() => inner.apply(x)).toThrow('broken')
      return tf.relu([x].flat()[0])
    }
    const { graph } = trace((x) => tf.neg(asTensor(outer.apply(x))), [{ shape: [4] }])
    expect(graph.nodes.map(({ kernel, layer }) => [kernel, layer])).toEqual([
      ['Relu', 'outer'],
      ['Neg', undefined],
    ])
  })
})

test('what nobody reads leaves the graph', () => {
  const { graph } = trace(
    (x) => {
      tf.exp(tf.sin(x))
      return tf.relu(x)
    },
    [{ shape: [2] }],
  )
  expect(graph.nodes.map(({ kernel }) => kernel)).toEqual(['Sin', 'Exp', 'Relu'])
  expect(removeUnused(graph).nodes.map(({ kernel }) => kernel)).toEqual(['Relu'])
})
