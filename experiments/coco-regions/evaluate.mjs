import { Rng } from '@pixelwise/core'
import { boxMask, maskIoUs } from '@pixelwise/masks'
import { RegionRecall } from '@pixelwise/metrics'
import { changeStep, closestRegions, prepareRegionNet, proposalsOf, regionCount } from '@pixelwise/pairwise-regions'
import { truthsOf } from '../shared/instance-truths.mjs'
import { smallestObject } from './data.mjs'

const everything = Number.POSITIVE_INFINITY
const limits = [10, 100, 1000]

/** Table 4.2: all regions of a net against the truth, whatever their scores, at five densities. */
export async function densityTable(net, samples, engine) {
  const rows = []
  for (const step of [1, 2, 3, 4, 8]) {
    const thinned = changeStep(net, step)
    const prepared = await prepareRegionNet(thinned, engine)
    const recall = new RegionRecall({ limits: [everything] })
    let processor = 0
    for (const { image, instances } of samples) {
      await prepared.predict(image) // compiles, where the size is new
      const before = process.cpuUsage()
      const predicted = await prepared.predict(image)
      const { user, system } = process.cpuUsage(before)
      processor += (user + system) / 1000
      const closest = closestRegions(predicted, instances)
      for (const { instance, area } of truthsOf(instances, smallestObject)) {
        recall.add({ ious: [closest.get(instance)?.overlap ?? 0], areas: [area] })
      }
    }
    prepared.dispose()
    const { height, width } = samples[0].image
    rows.push({
      stride: 2 * step,
      regions: regionCount(thinned.pathways, [height, width]),
      ...scoreFree(recall),
      processorMilliseconds: processor / samples.length,
    })
  }
  return rows
}

function scoreFree(recall) {
  return {
    recall50: recall.recallAt(0.5),
    recall70: recall.recallAt(0.7),
    averageBestOverlap: recall.averageBestOverlap(),
    averageRecall: recall.averageRecall(),
  }
}

/** Table 4.3: average recall of the best 10, 100 and 1000 proposals per image. */
export async function proposalRecall(net, samples, engine) {
  const prepared = await prepareRegionNet(net, engine)
  const recall = new RegionRecall({ limits })
  for (const { image, instances } of samples) {
    const proposals = proposalsOf(await prepared.predict(image), image, { limit: 1000 })
    addImage(
      recall,
      proposals.map(({ mask }) => mask),
      instances,
    )
  }
  prepared.dispose()
  return summary(recall)
}

/** The same for boxes at random places, whose sides are drawn log-uniformly from 8 pixels to the image's; mean of ten draws. */
export function randomBoxRecall(samples) {
  const recall = new RegionRecall({ limits })
  for (let draw = 0; draw < 10; draw++) {
    const rng = new Rng(5).split(`boxes ${draw}`)
    for (const { image, instances } of samples) {
      const boxes = Array.from({ length: 1000 }, () => boxMask(randomBox(rng, image), image.height, image.width))
      addImage(recall, boxes, instances)
    }
  }
  return summary(recall)
}

function randomBox(rng, { height, width }) {
  const side = (length) => 8 * (length / 8) ** rng.uniform(0, 1)
  const [h, w] = [side(height), side(width)]
  return { x: rng.uniform(0, width - w), y: rng.uniform(0, height - h), width: w, height: h }
}

function addImage(recall, masks, instances) {
  const truths = truthsOf(instances, smallestObject)
  const areas = truths.map(({ area }) => area)
  recall.add({
    ious: maskIoUs(
      masks,
      truths.map(({ mask }) => mask),
    ),
    areas,
  })
}

function summary(recall) {
  const at = (limit) => ({
    exact: recall.averageRecall({ limit }),
    onThresholds: recall.averageRecallOnThresholds({ limit }),
  })
  return Object.fromEntries(limits.map((limit) => [limit, at(limit)]))
}
