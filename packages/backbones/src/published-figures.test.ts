import '@tensorflow/tfjs-backend-cpu'
import { type Backbone, coreLayers, describeModel, LayerRegistry, receptiveFields } from '@pixelwise/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import { alexnet, alexnetClassifier, caffenet, caffenetClassifier } from './alexnet.js'
import { backboneRegistry, backbones } from './backbones.js'
import { densenet121Classifier } from './densenet.js'
import { googlenet, googlenetClassifier } from './googlenet.js'
import { lenetClassifier } from './lenet.js'
import {
  resnet50,
  resnet50Classifier,
  resnet101,
  resnet101Classifier,
  resnet152,
  resnet152Classifier,
} from './resnet.js'
import { squeezenet10Classifier, squeezenet11Classifier } from './squeezenet.js'
import { vgg16, vgg16Classifier, vgg19Classifier } from './vgg.js'

const layers = new LayerRegistry(coreLayers)

/** Parameters as `describeModel` counts them: those that learn, and the moving averages that do not. */
function parametersOf(model: LayersModel) {
  const total = describeModel(model, { layers }).reduce((sum, layer) => sum + layer.parameters, 0)
  const fixed = model.nonTrainableWeights.reduce((sum, { shape }) => sum + shape.reduce<number>((n, s) => n * s!, 1), 0)
  model.dispose()
  return { learned: total - fixed, averages: fixed }
}

// Those marked torchvision were counted in torchvision 0.14.1 (parameters, and buffers without batch counters); the
// others follow from the published prototxts: LeNet 520 + 25,050 + 400,500 + 5,010; AlexNet and CaffeNet with two groups
// 34,944 + 307,456 + 885,120 + 663,936 + 442,624 + 37,752,832 + 16,781,312 + 4,097,000. GoogLeNet's is the sum over
// bvlc_googlenet.prototxt, its auxiliary heads 3,188,840 and 3,190,888 (input of 4×4×128 to their fc).
test.each([
  ['lenet', lenetClassifier, 431_080, 0],
  ['caffenet', caffenetClassifier, 60_965_224, 0],
  ['alexnet', alexnetClassifier, 60_965_224, 0],
  ['vgg16 (torchvision)', vgg16Classifier, 138_357_544, 0],
  ['vgg19 (torchvision)', vgg19Classifier, 143_667_240, 0],
  ['googlenet', googlenetClassifier, 6_998_552, 0],
  ['googlenet with heads', () => googlenetClassifier({ auxiliary: true }), 6_998_552 + 3_188_840 + 3_190_888, 0],
  ['resnet50 (torchvision)', () => resnet50Classifier({ variant: 'torchvision' }), 25_557_032, 53_120],
  ['resnet50 of Caffe, whose conv1 has a bias', resnet50Classifier, 25_557_032 + 64, 53_120],
  ['resnet101 (torchvision)', resnet101Classifier, 44_549_160, 105_344],
  ['resnet152 (torchvision)', resnet152Classifier, 60_192_808, 151_424],
  ['squeezenet1.0 (torchvision)', squeezenet10Classifier, 1_248_424, 0],
  ['squeezenet1.1 (torchvision)', squeezenet11Classifier, 1_235_496, 0],
  ['densenet121 (torchvision)', densenet121Classifier, 7_978_856, 83_648],
])('%s has the published number of parameters', (_name, build, learned, averages) => {
  expect(parametersOf(build())).toEqual({ learned, averages })
})

// Long 2016, Table 2.1.
test.each([
  ['alexnet', alexnet],
  ['caffenet', caffenet],
])('the receptive fields of %s are those of the table', (_name, build) => {
  const { model } = build({ width: 1 / 64 })
  const fields = receptiveFields(model, { layers })
  const rows = ['conv1', 'conv2', 'conv3', 'conv4', 'conv5', 'pool5'].map((name) => {
    const map = fields.get(name)
    return [name, map?.rows.kernel, map?.rows.stride]
  })
  expect(rows).toEqual([
    ['conv1', 11, 4],
    ['conv2', 51, 8],
    ['conv3', 99, 16],
    ['conv4', 131, 16],
    ['conv5', 163, 16],
    ['pool5', 195, 32],
  ])
  model.dispose()
})

// Long 2016, Table 3.1, as far as it speaks of trunks: 8, 16 and 22 convolutions; 355, 404 and 907 pixels; stride 32.
describe('the nets that became fully convolutional', () => {
  test.each([
    ['AlexNet', caffenet, 355],
    ['VGG-16', vgg16, 404],
    ['GoogLeNet without its 7×7 pooling', googlenet, 715],
  ])('%s', (_name, build, kernel) => {
    const { model, taps } = build({ width: 1 / 64, pad: 100 })
    model.dispose()
    const { rows, columns } = taps[taps.length - 1].map
    expect([rows.kernel, columns.kernel, rows.stride, columns.stride]).toEqual([kernel, kernel, 32, 32])
  })

  test('GoogLeNet sees 907 pixels with it', () => {
    const model = googlenetClassifier({ width: 1 / 16, classes: 2 })
    expect(receptiveFields(model, { layers }).get('pool5/7x7_s1')?.rows).toMatchObject({ kernel: 907, stride: 32 })
    model.dispose()
  })

  // Layers with weights on the longest path from image to scores, as the table counts them.
  test('convolutions in depth: 8, 16 and 22', () => {
    const depth = ({ model }: Backbone) => {
      const rows = describeModel(model, { layers })
      const at = new Map<string, number>()
      for (const { name, className, inputs } of rows) {
        const below = Math.max(0, ...inputs.map((input) => at.get(input) ?? 0))
        at.set(name, below + (className === 'Pixelwise>Convolution' ? 1 : 0))
      }
      model.dispose()
      return Math.max(...at.values()) + 1
    }
    const width = 1 / 64
    expect([caffenet({ width }), vgg16({ width }), googlenet({ width })].map(depth)).toEqual([8, 16, 22])
  })
})

// Araujo, Norris and Sim 2019 (Computing receptive fields of convolutional neural networks): ResNet v1.
test.each([
  ['50', resnet50, 483],
  ['101', resnet101, 1027],
  ['152', resnet152, 1507],
])('ResNet-%s sees the published number of pixels', (_name, build, kernel) => {
  const { model, taps } = build({ width: 1 / 64 })
  model.dispose()
  expect(taps[4].map.rows).toMatchObject({ kernel, stride: 32 })
})

// Positions by hand: strides multiply, and a window of 3 with stride 2 moves the centre by one cell of its input.
test('every backbone is listed with its taps', () => {
  const taps = Object.fromEntries(
    backbones.map(([name, build]) => {
      const { model, taps } = build({ width: 1 / 64 })
      model.dispose()
      return [name, taps.map(({ name, map }) => `${name}/${map.rows.stride}+${map.rows.offset}`).join(' ')]
    }),
  )
  expect(taps).toEqual({
    lenet: 'pool1/2+2.5 pool2/4+7.5 ip1/4+13.5',
    caffenet: 'pool1/8+9 pool2/16+17 conv5/16+17 pool5/32+33 fc7/32+113',
    alexnet: 'pool1/8+9 pool2/16+17 conv5/16+17 pool5/32+33 fc7/32+113',
    vgg16: 'pool1/2+0.5 pool2/4+1.5 pool3/8+3.5 pool4/16+7.5 pool5/32+15.5 fc7/32+111.5',
    vgg19: 'pool1/2+0.5 pool2/4+1.5 pool3/8+3.5 pool4/16+7.5 pool5/32+15.5 fc7/32+111.5',
    'vgg-small': 'pool1/2+0.5 pool2/4+1.5 pool3/8+3.5 pool4/16+7.5 pool5/32+15.5 fc7/32+15.5',
    googlenet: 'conv1/2+0 conv2/4+2 inception_3b/8+6 inception_4e/16+14 inception_5b/32+30',
    resnet50: 'conv1/2+0 res2/4+2 res3/8+2 res4/16+2 res5/32+2',
    resnet101: 'conv1/2+0 res2/4+2 res3/8+2 res4/16+2 res5/32+2',
    resnet152: 'conv1/2+0 res2/4+2 res3/8+2 res4/16+2 res5/32+2',
    'squeezenet1.0': 'conv1/2+3 fire4/4+5 fire8/8+9 fire9/16+17',
    'squeezenet1.1': 'conv1/2+1 fire3/4+3 fire5/8+7 fire9/16+15',
    densenet121: 'conv1/2+0 block2/4+0 block3/8+2 block4/16+6 block5/32+14',
  })
  expect(() => backboneRegistry().get('resnet5')).toThrow('did you mean "resnet50"?')
})
