import {
  alexnetClassifier,
  type BackboneBuilder,
  caffenetClassifier,
  densenet121Classifier,
  googlenetClassifier,
  lenetClassifier,
  resnet50Classifier,
  resnet101Classifier,
  resnet152Classifier,
  squeezenet10Classifier,
  squeezenet11Classifier,
  vgg16,
  vgg16Classifier,
  vgg19Classifier,
  vggSmall,
} from '@pixelwise/backbones'
import { Registry } from '@pixelwise/core'
import { buildRecipe, fcn8s, fcn16s, fcn32s, recipes } from '@pixelwise/fcn'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/** Makes a net with fresh weights. */
export type NetBuilder = () => LayersModel

const classifiers: readonly (readonly [backbone: string, build: NetBuilder])[] = [
  ['lenet', lenetClassifier],
  ['caffenet', caffenetClassifier],
  ['alexnet', alexnetClassifier],
  ['vgg16', vgg16Classifier],
  ['vgg19', vgg19Classifier],
  ['googlenet', googlenetClassifier],
  ['resnet50', resnet50Classifier],
  ['resnet101', resnet101Classifier],
  ['resnet152', resnet152Classifier],
  ['squeezenet1.0', squeezenet10Classifier],
  ['squeezenet1.1', squeezenet11Classifier],
  ['densenet121', densenet121Classifier],
]

/**
 * The nets that the command line knows by name: every backbone, the classifier it comes from (`vgg16-classifier`), FCNs
 * upon them, and every recipe's net.
 *
 * The FCNs on VGG-16 are the published ones for PASCAL VOC: 21 classes, 100 pixels of padding (Long 2016, §3.3).
 */
export function nets(backbones: Registry<BackboneBuilder>): Registry<NetBuilder> {
  const classes = 21
  return new Registry<NetBuilder>('net', [
    ...[...backbones.entries()].map(([name, build]) => [name, () => build().model] as const),
    ...classifiers.map(([name, build]) => [`${name}-classifier`, () => build()] as const),
    ['fcn32s-vgg16', () => fcn32s(vgg16({ pad: 100 }), { classes })],
    ['fcn16s-vgg16', () => fcn16s(vgg16({ pad: 100 }), { classes })],
    ['fcn8s-vgg16', () => fcn8s(vgg16({ pad: 100 }), { classes })],
    ['fcn8s-vgg-small', () => fcn8s(vggSmall(), { classes })],
    ...recipes.map((recipe) => [recipe.name, () => buildRecipe(recipe, { backbones }).model] as const),
  ])
}
