import { vgg, vgg16, vggSmall } from '@pixelwise/backbones'
import { regionNet, retapped, vgg16Pathways, vgg16RegionTaps } from '@pixelwise/pairwise-regions'

/** Region nets by name: a backbone, and the pathways that leave it. */
export const nets = {
  /** A small VGG from random weights; windows of 16, 32 and 64 pixels. For trials, and for the synthetic scenes. */
  small() {
    const taps = { conv2_2: 'relu2_2', conv3_2: 'relu3_2', conv4_2: 'relu4_2' }
    const backbone = retapped(vggSmall({ seed: 1, dropout: 0 }), taps)
    return regionNet(backbone, { pathways: Object.keys(taps).map((tap) => ({ tap, kernel: 3, window: 8 })), seed: 1 })
  },

  /**
   * The pyramid of the thesis on VGG-16; windows of 28, 56, 144, 288 and 576 pixels (Long 2016, Table 4.1). fc6 is padded, so that
   * its cells lie where the image does, and its 4096 channels are reduced to 256: 7 million filter weights in place of 107.
   */
  vgg16() {
    const stages = [64, 128, 256, 512, 512].map((channels, s) => ({ channels, depth: s < 2 ? 2 : 3 }))
    const classifier = { kernel: 7, channels: 4096, pad: 3 }
    const { preprocessing } = vgg16({ width: 1 / 16 })
    const backbone = retapped(vgg({ name: 'vgg16', stages, classifier, preprocessing, dropout: 0 }), vgg16RegionTaps)
    const pathways = vgg16Pathways.map((pathway) => (pathway.tap === 'fc6' ? { ...pathway, reduction: 256 } : pathway))
    return regionNet(backbone, { pathways, seed: 1 })
  },
}
