import { Rng } from '@pixelwise/core'
import { maskIoUs } from '@pixelwise/masks'
import { RegionRecall } from '@pixelwise/metrics'
import { maskConfidence, prepareRegionNet, proposalsOf } from '@pixelwise/pairwise-regions'
import { truthsOf } from '../shared/instance-truths.mjs'

/** Objects of fewer visible pixels are left out. */
const smallestObject = 10

/** Average recall of ten regions per image, chosen by the net's score, by how sure its masks are, and at random. */
export async function evaluateScores(net, images, engine) {
  const prepared = await prepareRegionNet(net, engine)
  const rng = new Rng(1).split('random order')
  const rankings = {
    byScore: ({ scores }) => scores,
    byConfidence: ({ regions }) => maskConfidence(regions),
    atRandom: ({ scores }) => Float32Array.from(scores, () => rng.uniform(0, 1)),
  }
  const recalls = Object.keys(rankings).map((name) => [name, new RegionRecall({ limits: [10] })])
  for (const { image, instances } of images) {
    const [predicted] = await prepared.predict(image)
    const truths = truthsOf(instances, smallestObject)
    for (const [name, recall] of recalls) {
      const pathways = [{ ...predicted, scores: rankings[name](predicted) }]
      const proposals = proposalsOf(pathways, instances, { limit: 10, maxIoU: 0.7 })
      const masks = proposals.map(({ mask }) => mask)
      recall.add({
        ious: maskIoUs(
          masks,
          truths.map(({ mask }) => mask),
        ),
        areas: truths.map(({ area }) => area),
      })
    }
  }
  prepared.dispose()
  return Object.fromEntries(recalls.map(([name, recall]) => [name, recall.averageRecall()]))
}
