import { join } from 'node:path'
import { mirror, resize } from '@pixelwise/datasets'
import { openCoco } from '@pixelwise/datasets/node'
import { sampleData } from '../shared/files.mjs'

/** Pixels of the longer side of an image. */
export const longSide = 192

/** Objects with fewer pixels at this size are not asked for. */
export const smallestObject = 16

/**
 * The hundred images of the sample of COCO, reduced; every fifth is held out.
 *
 * Images at their own size would be those of the thesis; so small a machine and so few images do not allow it.
 */
export async function cocoSample() {
  const data = await openCoco(join(sampleData, 'coco_mini'), {
    annotations: join(sampleData, 'coco_mini/instances_train2017.json'),
    images: join(sampleData, 'coco_mini/train2017'),
  })
  const samples = []
  for (let i = 0; i < data.length; i++) samples.push(reduced(await data.at(i)))
  return { train: samples.filter((_, i) => i % 5 !== 0), heldOut: samples.filter((_, i) => i % 5 === 0).map(withVoid) }
}

function reduced(sample) {
  const { height, width } = sample.image
  const factor = longSide / Math.max(height, width)
  const { id, image, instances } = resize(sample, Math.round(height * factor), Math.round(width * factor))
  return { id, image, instances }
}

/** Crowds, 255 in the data set, as pixels that count for nothing. */
function withVoid({ instances, ...sample }) {
  const labels = Int32Array.from(instances.labels, (label) => (label === 255 ? -1 : label))
  return { ...sample, instances: { ...instances, labels } }
}

/** A sample or its mirror image. */
export function augmented(sample, rng) {
  return rng.uniform(0, 1) < 0.5 ? mirror(sample) : sample
}

/** Few sizes of batches, as each is compiled: lying, standing or square. */
export function batchSize({ image: { height, width } }) {
  const short = 144 + 16
  if (height <= short) return [short, longSide]
  return width <= short ? [longSide, short] : [longSide, longSide]
}
