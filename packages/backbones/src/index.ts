/**
 * Image classifiers as backbones with named taps.
 *
 * @module @pixelwise/backbones
 */
export { alexnet, alexnetClassifier, caffenet, caffenetClassifier } from './alexnet.js'
export { type BackboneBuilder, backboneRegistry, backbones } from './backbones.js'
export { densenet121, densenet121Classifier } from './densenet.js'
export { type GoogLeNetClassifierOptions, googlenet, googlenetClassifier } from './googlenet.js'
export { lenet, lenetClassifier } from './lenet.js'
export type {
  BackboneOptions,
  ClassifierOptions,
  KerasVariantOptions,
  NetOptions,
  VariantOptions,
} from './options.js'
export {
  resnet50,
  resnet50Classifier,
  resnet101,
  resnet101Classifier,
  resnet152,
  resnet152Classifier,
} from './resnet.js'
export { squeezenet10, squeezenet10Classifier, squeezenet11, squeezenet11Classifier } from './squeezenet.js'
export { type VggOptions, vgg, vgg16, vgg16Classifier, vgg19, vgg19Classifier, vggSmall } from './vgg.js'
