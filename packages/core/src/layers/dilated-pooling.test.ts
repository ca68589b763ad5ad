import '@tensorflow/tfjs-backend-cpu'
import { Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { input, type LayersModel, loadLayersModel, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { receptiveFields } from '../geometry/receptive-field.js'
import { LayerRegistry } from '../registry/layer-registry.js'
import { coreLayers } from './core-layers.js'
import { DilatedPooling, type DilatedPoolingConfig } from './dilated-pooling.js'
import { AveragePooling, MaxPooling } from './pooling.js'

const layers = new LayerRegistry(coreLayers)

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const cases = (['max', 'average'] as const).flatMap((operation) =>
  (['ceil', 'floor'] as const).flatMap((rounding) =>
    [
      { window: 2, stride: 2, pad: 0 },
      { window: 3, stride: 2, pad: 0 },
      { window: 3, stride: 2, pad: 1 },
      { window: 3, stride: 1, pad: 1 },
    ].map((settings) => ({ operation, rounding, ...settings })),
  ),
)

test.each(cases)(
  '$operation, $rounding, window $window, stride $stride, pad $pad: every phase is the strided pooling',
  ({ operation, ...settings }) => {
    const { stride: formerStride, ...window } = settings
    const strided = operation === 'max' ? new MaxPooling(settings) : new AveragePooling(settings)
    const rng = new Rng(2)
    for (const dilation of [1, 2, 3]) {
      const dense = new DilatedPooling({ operation, dilation, formerStride, ...window })
      for (const size of [9, 10, 11, 12, 13]) {
        const x = tf.tensor4d(
          Float32Array.from({ length: size * 14 * 2 }, () => rng.normal(0, 1)),
          [1, size, 14, 2],
        )
        const output = dense.apply(x) as tf.Tensor4D
        expect(output.shape).toEqual(dense.computeOutputShape(x.shape))
        for (let phase = 0; phase < dilation; phase++) {
          const expected = strided.apply(every(x, phase, dilation)) as tf.Tensor4D
          const found = every(output, phase, dilation * formerStride)
          expect(found.shape).toEqual(expected.shape)
          expect(Math.max(...tf.abs(tf.sub(found, expected)).dataSync())).toBeLessThan(1e-6)
        }
      }
    }
  },
)

test.each(['max', 'average'] as const)('the gradient of %s is that of finite differences', (operation) => {
  const layer = new DilatedPooling({ operation, window: 3, dilation: 2, formerStride: 2, pad: 1 })
  const rng = new Rng(4)
  const values = Float32Array.from(rng.shuffled(Array.from({ length: 49 }, (_, i) => i / 10)))
  const loss = (x: tf.Tensor) => tf.sum<tf.Scalar>(tf.square(layer.apply(x) as tf.Tensor))
  const gradient = tf
    .grad(loss)(tf.tensor4d(values, [1, 7, 7, 1]))
    .dataSync()
  for (let i = 0; i < values.length; i++) {
    const at = (step: number) => {
      const moved = values.slice()
      moved[i] += step
      return loss(tf.tensor4d(moved, [1, 7, 7, 1])).dataSync()[0]
    }
    // The loss is quadratic around here, so that only float32 of a sum of about 1000 is lost: 1e-4 / 0.02 per value.
    expect((at(0.01) - at(-0.01)) / 0.02).toBeCloseTo(gradient[i], 1)
  }
})

test('it is saved and loaded, and knows where it looks', async () => {
  const image = input({ shape: [null, null, 1] })
  const layer = new DilatedPooling({ operation: 'max', window: 3, dilation: 4, formerStride: 2, pad: 1, name: 'dense' })
  const net = model({ inputs: image, outputs: layer.apply(image) as SymbolicTensor })
  expect(receptiveFields(net, { layers }).get('dense')?.rows).toEqual({ kernel: 9, stride: 1, offset: 0 })
  expect((await roundTrip(net)).getLayer('dense').getConfig()).toEqual(layer.getConfig())
})

test('settings that make no pooling are refused', () => {
  const build = (settings: object) => () =>
    new DilatedPooling({
      operation: 'max',
      window: 2,
      dilation: 1,
      formerStride: 1,
      name: 'p',
      ...settings,
    } as DilatedPoolingConfig)
  expect(build({ operation: 'median' })).toThrow(/^p: operation "median": operation is "max" or "average";/)
  expect(build({ dilation: 0 })).toThrow(/^p: dilation 0:/)
  expect(build({ rounding: 'up' })).toThrow(/^p: rounding "up": rounding is "ceil" or "floor";/)
})

async function roundTrip(net: LayersModel): Promise<LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined
  await net.save({
    save: async (saved) => {
      artifacts = saved
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    },
  })
  return loadLayersModel({ load: async () => JSON.parse(JSON.stringify({ ...artifacts, weightData: undefined })) })
}

function every(x: tf.Tensor4D, phase: number, step: number): tf.Tensor4D {
  return tf.stridedSlice(x, [0, phase, phase, 0], x.shape, [1, step, step, 1]) as tf.Tensor4D
}
