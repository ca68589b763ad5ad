export { type BackboneBuilder, backboneRegistry, backbones } from './backbones.js'
export { type VggOptions, vgg, vgg16, vggSmall } from './vgg.js'
