import { backbones, vgg16, vggSmall } from '@pixelwise/backbones'
import { Registry } from '@pixelwise/core'
import { fcn8s, fcn16s, fcn32s } from '@pixelwise/fcn'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/** Makes a net with fresh weights. */
export type NetBuilder = () => LayersModel

/**
 * The nets that the command line knows by name: every backbone, and FCNs upon them.
 *
 * The FCNs on VGG-16 are the published ones for PASCAL VOC: 21 classes, 100 pixels of padding (Long 2016, §3.3).
 */
export function nets(): Registry<NetBuilder> {
  const classes = 21
  return new Registry<NetBuilder>('net', [
    ...backbones.map(([name, build]) => [name, () => build().model] as const),
    ['fcn32s-vgg16', () => fcn32s(vgg16({ pad: 100 }), { classes })],
    ['fcn16s-vgg16', () => fcn16s(vgg16({ pad: 100 }), { classes })],
    ['fcn8s-vgg16', () => fcn8s(vgg16({ pad: 100 }), { classes })],
    ['fcn8s-vgg-small', () => fcn8s(vggSmall(), { classes })],
  ])
}
