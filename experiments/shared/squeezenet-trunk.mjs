import { join } from 'node:path'
import { squeezenet10 } from '@pixelwise/backbones'
import { transplantWeights } from '@pixelwise/caffe-import'
import { openWeights } from '@pixelwise/caffe-import/node'
import { sampleData } from './files.mjs'

/**
 * SqueezeNet 1.0 with the weights its authors trained on ImageNet, as Deep Compression stores them.
 *
 * That file names the layers of a fire module by their size (`conv1x1_1`), DeepScale's net and ours by their task
 * (`squeeze1x1`). Throws when a layer of the trunk stays without weights.
 */
export async function squeezenetTrunk(options) {
  const backbone = squeezenet10(options)
  const { weights, close } = await openWeights(
    join(sampleData, 'squeezenet_v1.0_deepcompression/squeezenet_v1.0_deepcompression.caffemodel'),
  )
  const task = { squeeze1x1: 'conv1x1_1', expand1x1: 'conv1x1_2', expand3x3: 'conv3x3_2' }
  const names = {}
  for (const { name, weights: own } of backbone.model.layers) {
    const [module, part] = name.split('/')
    if (own.length > 0 && part in task) names[name] = `${module}/${task[part]}`
  }
  try {
    const { kept } = transplantWeights(backbone.model, weights, { names })
    if (kept.length > 0) throw new Error(`no weights for ${kept.map(({ layer }) => layer).join(', ')}`)
  } finally {
    await close()
  }
  return backbone
}
