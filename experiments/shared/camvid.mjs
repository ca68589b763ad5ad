import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { camvidClasses, decodeNpz, encodeNpz, resize } from '@pixelwise/datasets'
import { openCamvid } from '@pixelwise/datasets/node'
import { sampleData, writeWhole } from './files.mjs'

/**
 * CamVid's images at a reduced size, kept as one `.npz` file that numpy reads too.
 *
 * Images are interpolated, labels take the nearest pixel's. The sample data holds every third training image (123) and
 * all 101 for validation. Returns the examples of both splits and the file.
 */
export async function camvidAt({ height, width, folder }) {
  const file = join(folder, `camvid-${height}x${width}.npz`)
  if (!existsSync(file)) await writeWhole(file, await shrink(height, width))
  const arrays = decodeNpz(new Uint8Array(await readFile(file)))
  const [train, val] = ['train', 'val'].map((split) => examples(split, arrays, height, width))
  return { classes: camvidClasses, train, val, file }
}

async function shrink(height, width) {
  const arrays = {}
  for (const split of ['train', 'val']) {
    const data = await openCamvid(join(sampleData, 'camvid/CamVid'), { split, onlyExisting: true })
    const pixels = height * width
    const images = new Uint8Array(data.length * pixels * 3)
    const labels = new Uint8Array(data.length * pixels)
    for (let i = 0; i < data.length; i++) {
      const small = resize(await data.at(i), height, width)
      images.set(small.image.data, i * pixels * 3)
      labels.set(small.labels.labels, i * pixels)
    }
    arrays[`${split}_images`] = { shape: [data.length, height, width, 3], data: images }
    arrays[`${split}_labels`] = { shape: [data.length, height, width], data: labels }
  }
  return encodeNpz(arrays)
}

function examples(split, arrays, height, width) {
  const images = arrays[`${split}_images`]
  const labels = arrays[`${split}_labels`]
  const pixels = height * width
  return Array.from({ length: images.shape[0] }, (_, i) => ({
    id: `${split} ${i}`,
    image: { height, width, channels: 3, data: images.data.subarray(i * pixels * 3, (i + 1) * pixels * 3) },
    labels: { height, width, labels: labels.data.subarray(i * pixels, (i + 1) * pixels) },
  }))
}
