import { encodePng } from '@pixelwise/datasets'
import { closestRegions, prepareRegionNet, proposalsOf, regionPlane, weightPicture } from '@pixelwise/pairwise-regions'
import { histogramChart, mosaic, overlayMasks, sideBySide } from '@pixelwise/visuals'
import { writeWhole } from '../shared/files.mjs'
import { truthsOf } from '../shared/instance-truths.mjs'
import { smallestObject } from './data.mjs'

/** Bounds of the square root of an object's area, in pixels. */
const edges = [4, 8, 16, 24, 32, 48, 64, 96, 128, 192]

/**
 * Figures 4.5, 4.6 and 4.7, and the ten best proposals, of held-out images. What shows a photo goes into a folder of its own:
 * each keeps its owner's licence, and is not for the repository.
 */
export async function drawPictures({ folder, photos }, net, samples, engine) {
  const prepared = await prepareRegionNet(net, engine)
  const closest = []
  const best = []
  const found = []
  for (const [i, { image, instances }] of samples.entries()) {
    const predicted = await prepared.predict(image)
    const regions = closestRegions(predicted, instances)
    for (const { instance, area } of truthsOf(instances, smallestObject)) {
      found.push({ size: Math.sqrt(area), ...regions.get(instance) })
    }
    if (i === 0) {
      await drawPlanes(folder, net, predicted, image)
      await writeWhole(`${photos}/planes.png`, encodePng(image))
    }
    if (i >= 6) continue
    closest.push(sideBySide([image, overlayMasks(image, shown(regions, instances))]))
    const masks = proposalsOf(predicted, image, { limit: 10 }).map(({ mask }) => mask)
    best.push(sideBySide([image, overlayMasks(image, masks)]))
  }
  prepared.dispose()
  await writeWhole(`${photos}/closest.png`, encodePng(mosaic(closest, { columns: 2 })))
  await writeWhole(`${photos}/proposals.png`, encodePng(mosaic(best, { columns: 2 })))
  for (const overlap of [0.5, 0.7]) {
    await writeWhole(`${folder}/sizes-${100 * overlap}.svg`, sizes(found, net.pathways, overlap))
  }
}

/** The closest regions of the objects that are large enough to be asked for. */
function shown(regions, instances) {
  return truthsOf(instances, smallestObject).flatMap(({ instance }) => regions.get(instance)?.mask ?? [])
}

async function drawPlanes(folder, { pathways }, predicted, image) {
  for (const [p, { regions }] of predicted.entries()) {
    const every = Math.ceil(Math.max(...regions.grid) / 24)
    await writeWhole(`${folder}/planes-${pathways[p].name}.png`, encodePng(regionPlane(regions, image, { every })))
  }
}

/** Figure 4.3: the weights that predict regions, and how those of neighbouring cells differ, of one pathway. */
export async function drawWeights(folder, { model, pathways }, name) {
  const { window } = pathways.find((one) => one.name === name)
  const convolution = model.layers.find((layer) => {
    const [filter] = layer.weights
    return layer.name.includes(name) && filter?.shape.length === 4 && filter.shape[3] === window * window
  })
  const [filter] = convolution.weights
  const values = await filter.read().data()
  for (const [file, difference] of Object.entries({ weights: 'none', differences: 'rows' })) {
    const { data, ...size } = weightPicture({ shape: filter.shape, values }, { difference })
    const brightest = data.reduce((most, value) => Math.max(most, value), 0)
    const picture = { ...size, data: Uint8Array.from(data, (value) => (255 * value) / brightest) }
    await writeWhole(`${folder}/${file}-${name}.png`, encodePng(picture))
  }
}

/** Figure 4.6: who finds objects of which size; the outline counts all of them. */
function sizes(found, pathways, overlap) {
  const count = (some) =>
    edges.slice(1).map((to, bin) => some.filter(({ size }) => size >= edges[bin] && size < to).length)
  return histogramChart({
    title: `Objects recalled at IoU ${overlap}, by the pathway that covers them best`,
    edges,
    series: pathways.map(({ name, stride }, p) => ({
      name: `${name} (stride ${stride})`,
      counts: count(found.filter((object) => object.pathway === p && object.overlap >= overlap)),
    })),
    outline: { name: 'all objects', counts: count(found) },
    xLabel: 'square root of the area, pixels',
    yLabel: 'objects',
  })
}
