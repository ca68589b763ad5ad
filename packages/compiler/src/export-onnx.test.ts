import '@tensorflow/tfjs-backend-cpu'
import { vggSmall } from '@pixelwise/backbones'
import { fcn8s } from '@pixelwise/fcn'
import { Registry } from '@pixelwise/masks/shared'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import * as ort from 'onnxruntime-node'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../test-support/relative-difference.js'
import { withRandomWeights } from '../test-support/with-random-weights.js'
import { exportOnnx } from './export-onnx.js'
import { standardKernels } from './kernels/standard-kernels.js'
import { lowerGraph } from './onnx/lower-graph.js'
import { lowerModel } from './sizes/lower-model.js'
import { trace } from './trace/trace.js'

beforeAll(() => tf.setBackend('cpu'))

test('an exported FCN-8s gives the scores of the model in ONNX Runtime', async () => {
  const model = withRandomWeights(fcn8s(vggSmall({ seed: 2 }), { classes: 4 }))
  const bytes = await exportOnnx(model, {
    inputs: [{ shape: [1, 40, 32, 3] }],
    metadata: { classes: 'sky, sea, sand, Möwe' },
  })
  const session = await ort.InferenceSession.create(bytes)
  expect(session.inputNames).toEqual(['data'])
  expect(session.outputNames).toEqual(model.outputNames)
  const image = seededTensor([1, 40, 32, 3], 'image')
  const data = image.dataSync() as Float32Array
  const results = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', data, image.shape) })
  const scores = results[session.outputNames[0]]
  const expected = model.predict(image) as tf.Tensor
  const actual = tf.tensor(scores.data as Float32Array, [...scores.dims])
  expect(relativeDifference(actual, expected)).toBeLessThan(1e-5)
})

test('a file is written for all readers: filters are only turned, upsampling is padded alike on all sides', async () => {
  const model = fcn8s(vggSmall({ seed: 2, width: 1 / 4 }), { classes: 4, upsampling: 'learned' })
  const { lowered } = await lowerModel(model, [{ shape: [1, 40, 32, 3] }], { convolution: 'direct', portable: true })
  const { nodes, initializers } = lowered.onnx
  const stored = new Set(initializers.map(({ name }) => name))
  const prepared = nodes.filter(({ inputs }) => inputs.every((input) => stored.has(input)))
  expect(new Set(prepared.map(({ operator }) => operator))).toEqual(new Set(['Transpose']))
  const upsampled = nodes.filter(({ operator }) => operator === 'ConvTranspose')
  expect(upsampled).not.toHaveLength(0)
  for (const { attributes } of upsampled) expect(new Set(attributes.pads as number[]).size).toBe(1)
})

test('maps stay in the order of ONNX between layers: two transposes at the borders, none inside', async () => {
  const image = tfl.input({ shape: [8, 8, 3] })
  const layers = [
    tfl.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
    tfl.layers.maxPooling2d({ poolSize: 2 }),
    tfl.layers.batchNormalization(),
    tfl.layers.zeroPadding2d({ padding: 1 }),
    tfl.layers.conv2d({ filters: 2, kernelSize: 1 }),
    tfl.layers.reLU(),
  ]
  const model = tfl.model({
    inputs: image,
    outputs: layers.reduce((value, layer) => layer.apply(value) as tfl.SymbolicTensor, image),
  })
  const { graph } = trace((x) => model.apply(x) as tf.Tensor, [{ shape: [1, 8, 8, 3] }])
  const { onnx } = lowerGraph(graph)
  const ofMaps = onnx.nodes.filter(({ operator, name }) => operator === 'Transpose' && name.startsWith('layout/'))
  expect(ofMaps).toHaveLength(2)
})

test('a kernel without a lowering is named together with its layer', () => {
  const kernels = new Registry(
    'tfjs kernel',
    [...standardKernels().entries()].map(([name, definition]) =>
      name === 'Softmax' ? ([name, { infer: definition.infer }] as const) : ([name, definition] as const),
    ),
  )
  const layer = tfl.layers.softmax({ name: 'probabilities' })
  const { graph } = trace((x) => layer.apply(x) as tf.Tensor, [{ shape: [1, 3] }], { kernels })
  expect(() => lowerGraph(graph, { kernels })).toThrow(
    'the tfjs kernel "Softmax", used by layer "probabilities", cannot be compiled: every kernel needs a lowering to ONNX; run this net eagerly, or register a kernel definition that has one',
  )
})

test('a kernel of somebody else is added to the registry; a name that is taken is not', async () => {
  const kernels = standardKernels()
  kernels.add('Cube', {
    infer: ({ x }) => [x],
    lower: (context) => {
      const x = context.read('x')
      context.set(context.emit('Mul', [context.emit('Mul', [x, x]), x]))
    },
  })
  const { graph } = trace((x) => tf.engine().runKernel('Cube', { x }) as tf.Tensor, [{ shape: [2] }], { kernels })
  expect(lowerGraph(graph, { kernels }).onnx.nodes.map(({ operator }) => operator)).toEqual(['Mul', 'Mul', 'Identity'])
  expect(() => kernels.add('Relu', { infer: ({ x }) => [x] })).toThrow('tfjs kernel "Relu" is registered twice')
})

describe('shapes that a file cannot have are refused', () => {
  const { layers } = tfl
  const convolution = layers.conv2d({ inputShape: [null, null, 3], filters: 4, kernelSize: 3, name: 'conv' })
  const model = tfl.sequential({ layers: [convolution], name: 'net' })
  const exported = (...shapes: unknown[]) => exportOnnx(model, { inputs: shapes.map((shape) => ({ shape })) as never })

  test.each([
    ['none', []],
    [
      'two for one input',
      [
        [1, 5, 5, 3],
        [1, 5, 5, 3],
      ],
    ],
    ['not a list', [undefined]],
    ['free lengths', [[1, null, null, 3]]],
    ['of another rank', [[5, 5, 3]]],
    ['of other channels', [[1, 5, 5, 4]]],
    ['of no image', [[0, 5, 5, 3]]],
  ])('%s', async (_name, shapes) => {
    await expect(exported(...shapes)).rejects.toThrow(
      'its file needs one shape per input, of whole numbers: "conv_input" of [any, any, any, 3]; pass',
    )
  })

  test('too small for the net', async () => {
    await expect(exported([1, 2, 2, 3])).rejects.toThrow(
      'layer "conv" of model "net" gives [1, 0, 0, 4]: the inputs must be large enough to leave every layer a cell; pass larger shapes as { inputs }',
    )
  })
})

test('the free first axis of vectors is called batch, as that of images is', async () => {
  const model = tfl.sequential({ layers: [tfl.layers.dense({ inputShape: [3], units: 2 })] })
  const { inputMetadata, outputMetadata } = await ort.InferenceSession.create(await exportOnnx(model))
  expect([inputMetadata[0], outputMetadata[0]]).toMatchObject([{ shape: ['batch', 3] }, { shape: ['batch', 2] }])
})
