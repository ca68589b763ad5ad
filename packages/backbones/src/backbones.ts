import { type Backbone, Registry } from '@pixelwise/core'
import { vgg16, vggSmall } from './vgg.js'

/** Builds a backbone; `pad` is the zero padding around the image in pixels, `seed` draws new weights. */
export type BackboneBuilder = (options?: { readonly pad?: number; readonly seed?: number }) => Backbone

/** The backbones of this package by name. Add your own to a registry of yours: any function that gives a `Backbone`. */
export const backbones: readonly (readonly [name: string, build: BackboneBuilder])[] = [
  ['vgg16', vgg16],
  ['vgg-small', vggSmall],
]

/** A registry of this package's backbones, and of further ones. */
export function backboneRegistry(...more: (readonly [string, BackboneBuilder])[]): Registry<BackboneBuilder> {
  return new Registry<BackboneBuilder>('backbone', [...backbones, ...more])
}
