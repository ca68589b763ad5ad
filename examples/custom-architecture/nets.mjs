import { fcn, pixelBatch, pixelLoss } from '@pixelwise/fcn'
import { regionBatch, regionDescription, regionLoss, regionNet } from '@pixelwise/pairwise-regions'
import { ownBackbone } from './backbone.mjs'
import { caffeBackbone } from './caffe.mjs'
import { hypercolumns } from './head.mjs'
import { averageRecall, meanIU } from './scores.mjs'

/** Each net: its model, what it learns from, how it is scored, and what is stored beside its weights. */
export const nets = {
  fcn: (classes) =>
    labelling(ownBackbone(), classes, (backbone, names) => fcn(backbone, { classes: names, stride: 4 })),
  hypercolumns: async (classes) =>
    labelling(await caffeBackbone('trunk.prototxt'), classes, (backbone, names) =>
      hypercolumns(backbone, { classes: names }),
    ),
  regions: () => proposing(ownBackbone()),
}

/** A net that labels pixels: any backbone, any head. */
function labelling(backbone, { names, ignoreLabel }, head) {
  const { preprocessing } = backbone
  return {
    model: head(backbone, names.length),
    loss: pixelLoss({ ignoreLabel }),
    batch: (samples) => pixelBatch(samples, { preprocessing, classes: names.length, ignoreLabel }),
    description: { preprocessing, classes: names },
    score: { name: 'mean IU', of: meanIU },
  }
}

/** A net that proposes regions, on the same backbone. */
function proposing(backbone) {
  const pathways = ['stage2', 'stage3'].map((tap) => ({ tap, kernel: 3, window: 8 }))
  const net = regionNet(backbone, { pathways, seed: 1 })
  return {
    model: net.model,
    loss: regionLoss(net),
    batch: (samples, rng) => regionBatch(samples, { net, rng, regions: 32 }),
    description: regionDescription(net),
    score: { name: 'AR@100', of: averageRecall },
  }
}
