import { type Backbone, Registry } from '@pixelwise/core'
import { alexnet, caffenet } from './alexnet.js'
import { densenet121 } from './densenet.js'
import { googlenet } from './googlenet.js'
import { lenet } from './lenet.js'
import type { BackboneOptions } from './options.js'
import { resnet50, resnet101, resnet152 } from './resnet.js'
import { squeezenet10, squeezenet11 } from './squeezenet.js'
import { vgg16, vgg19, vggSmall } from './vgg.js'

/** Builds a backbone; what its options leave out is as published. */
export type BackboneBuilder = (options?: BackboneOptions) => Backbone

/** The backbones of this package by name. Add your own to a registry of yours: any function that gives a `Backbone`. */
export const backbones: readonly (readonly [name: string, build: BackboneBuilder])[] = [
  ['lenet', lenet],
  ['caffenet', caffenet],
  ['alexnet', alexnet],
  ['vgg16', vgg16],
  ['vgg19', vgg19],
  ['vgg-small', vggSmall],
  ['googlenet', googlenet],
  ['resnet50', resnet50],
  ['resnet101', resnet101],
  ['resnet152', resnet152],
  ['squeezenet1.0', squeezenet10],
  ['squeezenet1.1', squeezenet11],
  ['densenet121', densenet121],
]

/** A registry of this package's backbones, and of further ones. */
export function backboneRegistry(...more: (readonly [string, BackboneBuilder])[]): Registry<BackboneBuilder> {
  return new Registry<BackboneBuilder>('backbone', [...backbones, ...more])
}
