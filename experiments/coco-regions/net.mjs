import { regionNet } from '@pixelwise/pairwise-regions'
import { squeezenetTrunk } from '../shared/squeezenet-trunk.mjs'

/**
 * Table 4.1 on SqueezeNet: windows of 28, 56, 144 and 288 pixels at strides 2 to 16. The reductions, and kernels of five
 * cells throughout, are ours: they keep a step of training to about a second.
 */
const pathways = [
  { tap: 'conv1', kernel: 3, window: 14, scale: 1 / 50, reduction: 16 },
  { tap: 'fire4', kernel: 5, window: 14, scale: 1 / 300, reduction: 32 },
  { tap: 'fire8', kernel: 5, window: 18, scale: 1 / 50, reduction: 64 },
  { tap: 'fire9', kernel: 5, window: 18, scale: 1 / 40, reduction: 64 },
]

export const structures = {
  plain: { transpose: false, matrix: false },
  restructured: { transpose: true, matrix: true },
}

/** The net with the trunk's published weights; padded by three pixels so that its maps have the image's size over the stride. */
export async function cocoNet(structure) {
  const backbone = await squeezenetTrunk({ pad: 3, dropout: 0 })
  return regionNet(backbone, { pathways, ...structures[structure], seed: 1 })
}
