export { inflateWithZlib, type ReadOptions, readDepth, readImage, readLabels, readNpy } from './read-image.js'
export { nodeJpegCodec } from './sharp-codec.js'
export { type SynthesizeVocOptions, synthesizeVoc } from './synthesize-voc.js'
export { openVoc, type VocOptions, type VocSample } from './voc.js'
