import { readFile } from 'node:fs/promises'
import { caffeTranslators, importCaffe } from '@pixelwise/caffe-import'
import { backboneOf } from './backbone.mjs'
import { LearntSwish } from './layer.mjs'

/** Layers of type LearntSwish, as a fork of Caffe might have them: one blob, of a number for each channel. */
const learntSwish = {
  messages: ['learnt_swish_param'],
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const filler = layer.message.messageOrEmpty('learnt_swish_param').message('filler')
    const [beta] = net.parameters(layer, [{ shape: [net.channels(layer, input)], filler }])
    return net.add(new LearntSwish({ name: layer.modelName }), [input], { weights: [{ blob: beta }] })
  },
}

/** The backbone that a prototxt describes, with our own type of layer; pass `weights` to start from a caffemodel's. */
export async function caffeBackbone(file, { weights } = {}) {
  const { model } = importCaffe({
    net: await readFile(file, 'utf8'),
    name: file,
    weights,
    seed: 1,
    outputs: ['stage1', 'stage2', 'stage3'],
    translators: caffeTranslators().add('LearntSwish', learntSwish),
  })
  return backboneOf(model)
}
