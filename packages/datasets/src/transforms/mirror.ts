import type { LabelData, RasterData } from '@pixelwise/masks'
import type { Sample } from '../dataset.js'
import { emptyLike } from './window.js'

/** Swaps left and right in image, labels, instances and depth. */
export function mirror({ id, image, labels, instances, depth }: Sample): Sample {
  return {
    id,
    image: { ...image, data: mirrored(image.data, image.width, image.channels) },
    ...(labels && { labels: { ...labels, labels: mirrored(labels.labels, labels.width, 1) } }),
    ...(instances && { instances: { ...instances, labels: mirrored(instances.labels, instances.width, 1) } }),
    ...(depth && { depth: { ...depth, data: mirrored(depth.data, depth.width, 1) } }),
  }
}

function mirrored<Data extends RasterData | LabelData>(data: Data, width: number, channels: number): Data {
  const result = emptyLike(data, data.length)
  for (let start = 0; start < data.length; start += width * channels) {
    for (let column = 0; column < width; column++) {
      const from = start + column * channels
      const to = start + (width - 1 - column) * channels
      for (let c = 0; c < channels; c++) result[to + c] = data[from + c]
    }
  }
  return result
}
