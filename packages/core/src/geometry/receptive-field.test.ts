import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-layers'
import { expect, test } from 'vitest'
import { LayerRegistry } from '../registry/layer-registry.js'
import { describeModel } from './describe-model.js'
import { outputMaps, receptiveFields } from './receptive-field.js'
import { stockLayers } from './stock-layers.js'

const layers = new LayerRegistry(stockLayers)

test('the trunk of VGG-16 sees what the thesis says: stride 32, receptive field 404', () => {
  const model = vgg16()
  const fields = receptiveFields(model, { layers })
  // Long 2016, Table 2.1 lists AlexNet; Table 3.1 gives 404 for VGG-16. Sizes before each pooling follow by hand.
  expect(fields.get('pool1')?.rows).toEqual({ kernel: 6, stride: 2, offset: 0.5 })
  expect(fields.get('pool5')?.rows).toMatchObject({ kernel: 212, stride: 32 })
  expect(fields.get('fc7')?.rows).toMatchObject({ kernel: 404, stride: 32 })
  expect(fields.get('fc7')?.columns).toEqual(fields.get('fc7')?.rows)
})

test('parameters and multiply-adds are those of the published net', () => {
  const rows = describeModel(vgg16(), { layers, inputSize: [224, 224] })
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0)
  expect(sum((row) => row.parameters)).toBe(14_714_688 + 102_764_544 + 16_781_312)
  // 15.3 GMACs of convolutions, as published for VGG-16 at 224², plus fc6 and fc7.
  expect(sum((row) => row.multiplyAdds)).toBe(15_346_630_656 + 102_760_448 + 16_777_216)
})

test('paths that join with different strides are refused', () => {
  const image = tf.input({ shape: [8, 8, 1] })
  const pooled = tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }).apply(image) as tf.SymbolicTensor
  const padded = tf.layers.zeroPadding2d({ padding: 2 }).apply(pooled) as tf.SymbolicTensor
  const joined = tf.layers.add({ name: 'joined' }).apply([image, padded]) as tf.SymbolicTensor
  expect(() => outputMaps(tf.model({ inputs: image, outputs: joined }), { layers })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: joined joins maps of stride 1 and 2: maps that are added or concatenated must have one stride; upsample the coarser map, or pool the finer one, before they meet]`,
  )
})

test('parallel paths cover the union of what each sees', () => {
  const image = tf.input({ shape: [null, null, 1] })
  const wide = tf.layers.conv2d({ filters: 1, kernelSize: [5, 3], padding: 'same' }).apply(image) as tf.SymbolicTensor
  const narrow = tf.layers.conv2d({ filters: 1, kernelSize: 1 }).apply(image) as tf.SymbolicTensor
  const [map] = outputMaps(
    tf.model({ inputs: image, outputs: tf.layers.add().apply([wide, narrow]) as tf.SymbolicTensor }),
    { layers },
  )
  expect(map).toEqual({
    rows: { kernel: 5, stride: 1, offset: 0 },
    columns: { kernel: 3, stride: 1, offset: 0 },
  })
})

test('a model inside a model passes its geometry on, and classifiers lose the position', () => {
  const inner = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 2, kernelSize: 3, strides: 2, inputShape: [17, 17, 1] }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
    ],
  })
  const image = tf.input({ shape: [17, 17, 1] })
  const features = inner.apply(image) as tf.SymbolicTensor
  const flat = tf.layers.flatten().apply(features) as tf.SymbolicTensor
  const [map, lost] = outputMaps(tf.model({ inputs: image, outputs: [features, flat] }), { layers })
  expect(map?.rows).toEqual({ kernel: 5, stride: 4, offset: 2 })
  expect(lost).toBeNull()
})

test('the inputs of a model inside a model keep their own sizes', () => {
  const maps = [tf.input({ shape: [null, null, 2] }), tf.input({ shape: [null, null, 2] })]
  const upsampled = tf.layers.upSampling2d({ size: [2, 2] }).apply(maps[1]) as tf.SymbolicTensor
  const joined = tf.layers.concatenate().apply([maps[0], upsampled]) as tf.SymbolicTensor
  const score = tf.layers.conv2d({ filters: 3, kernelSize: 1, useBias: false }).apply(joined) as tf.SymbolicTensor
  const head = tf.model({ inputs: maps, outputs: score, name: 'head' })

  const image = tf.input({ shape: [null, null, 2] })
  const pooled = tf.layers.maxPooling2d({ poolSize: 2 }).apply(image) as tf.SymbolicTensor
  const model = tf.model({ inputs: image, outputs: head.apply([image, pooled]) as tf.SymbolicTensor })
  const described = describeModel(model, { layers, inputSize: [6, 8] }).at(-1)
  expect(described).toMatchObject({ name: 'head', shape: [null, 6, 8, 3], multiplyAdds: 6 * 8 * 4 * 3 })
  // A pixel of the upsampled map copies one of the four 2×2 windows that touch it.
  expect(described?.receptiveField?.rows).toEqual({ kernel: 3, stride: 1, offset: 0 })
})

function vgg16(): tf.LayersModel {
  const image = tf.input({ shape: [null, null, 3] })
  let features: tf.SymbolicTensor = image
  const through = (layer: tf.layers.Layer) => {
    features = layer.apply(features) as tf.SymbolicTensor
  }
  for (const [stage, [channels, depth]] of [
    [64, 2],
    [128, 2],
    [256, 3],
    [512, 3],
    [512, 3],
  ].entries()) {
    for (let i = 0; i < depth; i++) {
      through(tf.layers.conv2d({ filters: channels, kernelSize: 3, padding: 'same', kernelInitializer: 'zeros' }))
    }
    through(tf.layers.maxPooling2d({ poolSize: 2, strides: 2, name: `pool${stage + 1}` }))
  }
  through(tf.layers.conv2d({ filters: 4096, kernelSize: 7, padding: 'valid', kernelInitializer: 'zeros', name: 'fc6' }))
  through(tf.layers.conv2d({ filters: 4096, kernelSize: 1, kernelInitializer: 'zeros', name: 'fc7' }))
  return tf.model({ inputs: image, outputs: features })
}
