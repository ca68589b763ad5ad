import { maskArea, maskIoUs } from '@pixelwise/masks'
import { RegionRecall } from '@pixelwise/metrics'
import { prepareRegionNet } from '@pixelwise/pairwise-regions'

/** Average recall of the 10, 100 and 1000 best proposals for the first images of a data set; crowds are nobody's to find. */
export async function averageRecall(net, data, engine, images) {
  const recall = new RegionRecall({ limits: [10, 100, 1000] })
  const prepared = await prepareRegionNet(net, engine)
  try {
    for (let i = 0; i < Math.min(images, data.length); i++) {
      const { image, objects } = await data.at(i)
      const truths = objects.filter(({ crowd }) => !crowd).map(({ mask }) => mask)
      const proposals = await prepared.propose(image, { limit: 1000 })
      const masks = proposals.map(({ mask }) => mask)
      recall.add({ ious: maskIoUs(masks, truths), areas: truths.map(maskArea) })
    }
  } finally {
    prepared.dispose()
  }
  return [10, 100, 1000].map((limit) => recall.averageRecall({ limit }))
}
