import { Rng } from '@pixelwise/core'
import { RegionRecall } from '@pixelwise/metrics'
import {
  activeOverlaps,
  activeRegions,
  bestRegions,
  instanceAreas,
  prepareRegionNet,
  regionBatch,
  regionLoss,
} from '@pixelwise/pairwise-regions'
import { adam, train } from '@pixelwise/training'
import { drawShapes } from './shapes.mjs'

const size = 32
const batchSize = 8

/** Regions of a batch that learn; of 800 images no eight had more than 491 active ones. */
const places = 640

/** Objects of which less is to be seen are left out of recall: 40 pixels in an image of 64. */
const smallestObject = 40 * (size / 64) ** 2

/** Trains one net on shapes that never repeat; equal seeds give every variant the same images. */
export async function trainVariant(net, { engine, seed, steps }) {
  const { averageLoss } = await train({
    engine,
    model: net.model,
    loss: regionLoss(net),
    solver: adam({
      learningRate: { policy: 'multistep', base: 2e-3, gamma: 0.3, stepValues: [0.6 * steps, 0.85 * steps] },
    }),
    steps,
    rng: new Rng(seed),
    data: {
      next: async (_, rng) => {
        const examples = Array.from({ length: batchSize }, (_, i) => drawShapes(rng.split(`image ${i}`), size))
        return regionBatch(examples, { net, regions: places, rng })
      },
    },
  })
  return averageLoss
}

/** 200 images that no training draws. */
export function validationImages(count = 200) {
  const rng = new Rng(7).split('validation')
  return Array.from({ length: count }, (_, i) => drawShapes(rng.split(`image ${i}`), size))
}

/** Shapes of the regions against the truth: of all active regions the mean IoU, and recall whatever the scores. */
export async function evaluateVariant(net, images, engine) {
  const prepared = await prepareRegionNet(net, engine)
  const recall = new RegionRecall({ limits: [Number.POSITIVE_INFINITY] })
  const [pathway] = net.pathways
  let sum = 0
  let count = 0
  for (const { image, instances } of images) {
    const [{ regions }] = await prepared.predict(image)
    const overlaps = activeOverlaps(regions, instances, activeRegions(instances, pathway))
    sum += overlaps.reduce((total, overlap) => total + overlap, 0)
    count += overlaps.length
    addRecall(recall, bestRegions(regions, instances), instances)
  }
  prepared.dispose()
  return {
    meanIoU: sum / count,
    recall50: recall.recallAt(0.5),
    recall70: recall.recallAt(0.7),
    averageBestOverlap: recall.averageBestOverlap(),
    averageRecall: recall.averageRecall(),
  }
}

function addRecall(recall, best, instances) {
  for (const [instance, area] of instanceAreas(instances)) {
    if (area >= smallestObject) recall.add({ ious: [best.get(instance)?.overlap ?? 0], areas: [area] })
  }
}
