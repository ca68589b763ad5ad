import { join } from 'node:path'
import { cutWindow, mirror, prefetch } from '@pixelwise/datasets'
import { openVoc, readNpy } from '@pixelwise/datasets/node'
import { encodeMask, maskArea, maskIoUs } from '@pixelwise/masks'
import { ConfusionMatrix } from '@pixelwise/metrics'

/**
 * What is compared. `run` does the whole amount once and returns a number that every peer must get, too; `peer` names
 * the task in Python, `against` the rows it is compared with.
 */
export async function prepareTasks(material) {
  const { folder, height, width, classes } = material
  const maps = async (name) => {
    const { shape, data } = await readNpy(join(folder, 'arrays', `${name}.npy`))
    const size = height * width
    return Array.from({ length: shape[0] }, (_, i) => ({ height, width, labels: data.slice(i * size, (i + 1) * size) }))
  }
  const [truth, prediction, noise, masks] = await Promise.all(['truth', 'prediction', 'noise', 'masks'].map(maps))
  const encoded = masks.map((mask) => encodeMask(mask))
  const half = encoded.length >> 1
  const pairs = { detections: encoded.slice(0, half), truths: encoded.slice(half) }
  return [
    ...(await loadingTasks(material)),
    {
      name: 'confusion matrix, like photos',
      unit: 'Mpixel',
      amount: (truth.length * height * width) / 1e6,
      peers: ['numpy bincount'],
      run: () => correctPixels(truth, prediction, classes),
    },
    {
      name: 'confusion matrix, noise',
      unit: 'Mpixel',
      amount: (20 * height * width) / 1e6,
      peers: ['numpy bincount'],
      run: () => correctPixels(Array(20).fill(noise[0]), Array(20).fill(noise[1]), classes),
    },
    {
      name: 'masks to run lengths',
      unit: 'mask',
      amount: masks.length,
      peers: ['pycocotools, arrays by column', 'pycocotools, arrays by row'],
      run: () => masks.reduce((area, mask) => area + maskArea(encodeMask(mask)), 0),
    },
    {
      name: 'IoU of run lengths',
      unit: 'pair',
      amount: 40 * pairs.detections.length * pairs.truths.length,
      peers: ['pycocotools'],
      run() {
        let sum = 0
        for (let i = 0; i < 40; i++) sum = maskIoUs(pairs.detections, pairs.truths).reduce((all, iou) => all + iou, 0)
        return Math.round(sum * 1e9)
      },
    },
  ]
}

async function loadingTasks({ root, split, ids }) {
  const voc = await openVoc(root, { split })
  const order = ids.map((id) => voc.ids.indexOf(id))
  return [
    {
      name: 'images and labels decoded',
      unit: 'image',
      amount: ids.length,
      peers: ['PIL', 'PIL, 2 threads'],
      async run() {
        let sum = 0
        for await (const { image, labels } of prefetch(voc, order))
          sum += labels.labels[1000] + image.height + image.width
        return sum
      },
    },
    {
      name: 'decoded, cropped, mirrored, batched by 8',
      unit: 'image',
      amount: ids.length,
      peers: ['PIL', 'PIL, 2 threads'],
      run: () => batches(voc, order),
    },
  ]
}

const side = 320
const batchSize = 8

/** Every second image mirrored, a square from the middle of each, eight together as [8, 320, 320, 3] and [8, 320, 320]. */
async function batches(voc, order) {
  let sum = 0
  let place = 0
  let images
  let labels
  for await (const sample of prefetch(voc, order)) {
    if (place === 0) {
      images = new Uint8Array(batchSize * side * side * 3)
      labels = new Uint8Array(batchSize * side * side)
    }
    const { height, width } = sample.image
    const window = {
      top: Math.floor((height - side) / 2),
      left: Math.floor((width - side) / 2),
      height: side,
      width: side,
    }
    const cut = cutWindow(sample, window)
    const part = place % 2 === 1 ? mirror(cut) : cut
    images.set(part.image.data, place * side * side * 3)
    labels.set(part.labels.labels, place * side * side)
    place = (place + 1) % batchSize
    if (place === 0) sum += labels[labels.length - 1000] + labels[1000]
  }
  return sum
}

function correctPixels(truth, prediction, classes) {
  const matrix = new ConfusionMatrix({ classes })
  truth.forEach((map, i) => {
    matrix.add(map, prediction[i])
  })
  let correct = 0
  for (let c = 0; c < classes; c++) correct += matrix.counts[c * classes + c]
  return correct
}
