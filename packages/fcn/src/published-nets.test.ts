import '@tensorflow/tfjs-backend-cpu'
import { caffenet, googlenet, vgg16 } from '@pixelwise/backbones'
import { CropLike } from '@pixelwise/core'
import { expect, test } from 'vitest'
import { fcn32s } from './fcn.js'

// Long 2016, Table 3.1: 57M, 134M and 6M parameters. Exactly: the trunks of the published prototxts (AlexNet 60,965,224
// less fc8's 4,097,000; VGG-16 138,357,544 less as much; GoogLeNet 6,998,552 less 1,025,000) and 21 scorers of their last
// channels, each with a bias. The crop of FCN-AlexNet is typed into voc-fcn-alexnet.
test.each([
  ['FCN-AlexNet', caffenet, 57, 60_965_224 - 4_097_000 + 21 * 4097, 18],
  ['FCN-VGG16', vgg16, 134, 138_357_544 - 4_097_000 + 21 * 4097, 19],
  ['FCN-GoogLeNet', googlenet, 6, 6_998_552 - 1_025_000 + 21 * 1025, undefined],
] as const)('%s has the published number of parameters, and crop', (_name, build, millions, exact, crop) => {
  const model = fcn32s(build({ pad: 100 }), { classes: 21 })
  expect(model.countParams()).toBe(exact)
  expect(Math.round(exact / 1e6)).toBe(millions)
  const [cropped] = model.layers.filter((layer) => layer instanceof CropLike)
  if (crop !== undefined) expect(cropped.config.offset).toEqual([crop, crop])
  model.dispose()
})

test('FCN-AlexNet upsamples by the published filter of 63', () => {
  const model = fcn32s(caffenet({ pad: 100, width: 1 / 64 }), { classes: 2 })
  expect(model.getLayer('upscore').getConfig()).toMatchObject({ factor: 32, kernel: 63 })
  model.dispose()
})
