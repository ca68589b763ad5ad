import { caffenet, googlenet, squeezenet10, vgg, vgg16 } from '@pixelwise/backbones'
import { CropLike } from '@pixelwise/core'
import { fcn } from '@pixelwise/fcn'
import { regionNet, retapped, vgg16Pathways, vgg16RegionTaps } from '@pixelwise/pairwise-regions'

const trunks = { vgg16, caffenet, googlenet, 'squeezenet1.0': squeezenet10 }

/** The nets measured: backbone, and the stride of the finest score. */
export const nets = {
  'fcn8s-vgg16': { title: 'FCN-8s VGG-16', trunk: 'vgg16', stride: 8 },
  'fcn-alexnet': { title: 'FCN-AlexNet', trunk: 'caffenet', stride: 32 },
  'fcn-googlenet': { title: 'FCN-GoogLeNet', trunk: 'googlenet', stride: 32 },
  'fcn4s-squeezenet': { title: 'FCN-4s SqueezeNet', trunk: 'squeezenet1.0', stride: 4 },
  // Its sizes are multiples of 32.
  'regions-vgg16': { title: 'region net VGG-16, four pathways', pathways: 4, size: [512, 512], second: [384, 512] },
}

export function buildNet({ trunk, stride, pathways }) {
  if (pathways === undefined) return fcn(trunks[trunk]({ seed: 1, pad: 100 }), { classes: 21, stride })
  const backbone = vgg({
    ...{ name: 'vgg16', preprocessing: vgg16({ width: 0.01 }).preprocessing, seed: 1 },
    stages: [64, 128, 256, 512, 512].map((channels, s) => ({ channels, depth: s < 2 ? 2 : 3 })),
    classifier: { kernel: 7, channels: 4096, pad: 3 },
  })
  const coarsest = vgg16Pathways
    .slice(-pathways)
    .map((pathway) => (pathway.tap === 'fc6' ? { ...pathway, reduction: 256 } : pathway))
  return regionNet(retapped(backbone, vgg16RegionTaps), { pathways: coarsest }).model
}

/** The offsets at which our net crops, coarse to fine, so that the peers do as much work. */
export function cropsOf({ trunk, stride, pathways }) {
  if (pathways !== undefined) return []
  const model = fcn(trunks[trunk]({ pad: 100, width: 1 / 64 }), { classes: 1, stride })
  return model.layers.filter((layer) => layer instanceof CropLike).map(({ config }) => config.offset[0])
}
