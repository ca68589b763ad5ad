import '@tensorflow/tfjs-backend-cpu'
import { bilinearUpsample, crop } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { optimise } from '../graph/optimise.js'
import { type LowerOptions, lowerGraph } from '../onnx/lower-graph.js'
import { trace } from '../trace/trace.js'

beforeAll(() => tf.setBackend('cpu'))

/** The operators of an upsampling by 4, handed out. */
function operators(size: number, options: LowerOptions = {}): string[] {
  const run = (x: tf.Tensor) => crop(bilinearUpsample(x as tf.Tensor4D, 4, { size }), [5, 6], [8, 9])
  const { graph } = trace(run, [{ shape: [1, 4, 5, 3] }])
  return lowerGraph(optimise(graph), options).onnx.nodes.map(({ operator }) => operator)
}

test('upsampling with a filter of either usual width is one Resize, turned nowhere', () => {
  const resizing = ['Pad', 'Slice', 'Resize', 'Slice', 'Identity']
  expect(operators(7, { channelsLast: true })).toEqual(resizing)
  expect(operators(8, { channelsLast: true })).toEqual(resizing)
})

test('where maps are enlarged in the order of ONNX alone, they are turned before and after', () => {
  const turned = ['Transpose', 'Pad', 'Slice', 'Resize', 'Slice', 'Transpose', 'Identity']
  expect(operators(8)).toEqual(turned)
})

test('with another filter, or for other readers, it is a transposed convolution', () => {
  expect(operators(9)).toContain('ConvTranspose')
  expect(operators(8, { portable: true })).toContain('ConvTranspose')
  expect(operators(8, { portable: true })).not.toContain('Resize')
})
