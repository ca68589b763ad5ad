import type { LabelData, RasterData } from '@pixelwise/masks'
import type { Sample } from '../dataset.js'
import { mapParts } from '../sample-parts.js'
import { emptyLike } from './window.js'

/** Swaps left and right in all parts of a sample. */
export function mirror(sample: Sample): Sample {
  return mapParts(
    sample,
    (picture) => ({ ...picture, data: mirrored(picture.data, picture.width, picture.channels) }),
    (map) => ({ ...map, labels: mirrored(map.labels, map.width, 1) }),
  )
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
