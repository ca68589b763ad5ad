import { predictLabels } from '@pixelwise/core'
import { encodeMask, maskArea, maskIoUs } from '@pixelwise/masks'
import { ConfusionMatrix, RegionRecall } from '@pixelwise/metrics'
import { prepareRegionNet, storedRegionNet } from '@pixelwise/pairwise-regions'

/** Mean IU of a model's labels. */
export async function meanIU({ model, description: { preprocessing } }, samples, engine, { names, ignoreLabel }) {
  const matrix = new ConfusionMatrix({ classes: names, ignoreLabel })
  const prepared = await engine.prepare(model)
  for (const { id, image, labels } of samples) {
    const [prediction] = await predictLabels(prepared, [image], { preprocessing })
    matrix.add(labels, prediction, id)
  }
  prepared.dispose()
  return matrix.scores().meanIU
}

/** Average recall of a region net's hundred best proposals. */
export async function averageRecall(stored, samples, engine) {
  const recall = new RegionRecall({ limits: [100] })
  const prepared = await prepareRegionNet(storedRegionNet(stored), engine)
  for (const { image, instances } of samples) {
    const proposals = await prepared.propose(image, { limit: 100 })
    const truths = objectsOf(instances)
    const masks = proposals.map(({ mask }) => mask)
    recall.add({ ious: maskIoUs(masks, truths), areas: truths.map(maskArea) })
  }
  prepared.dispose()
  return recall.averageRecall({ limit: 100 })
}

/** The objects of an instance map as masks; 0 is the ground, 255 void. */
function objectsOf(instances) {
  const numbers = [...new Set(instances.labels)].filter((number) => number !== 0 && number !== 255)
  return numbers.map((number) => encodeMask(instances, number))
}
