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
  if (channels === 1) return reversedRows(data, width)
  const result = emptyLike(data, data.length)
  const row = width * channels
  for (let start = 0; start < data.length; start += row) {
    if (channels === 3) mirrorColours(data, result, start, start + row)
    else mirrorPixels(data, result, start, start + row, channels)
  }
  return result
}

/** Typed arrays turn their elements round by themselves, faster than any loop. */
function reversedRows<Data extends RasterData | LabelData>(data: Data, width: number): Data {
  const result = emptyLike(data, data.length)
  result.set(data)
  for (let start = 0; start < data.length; start += width) result.subarray(start, start + width).reverse()
  return result
}

/** As `mirrorPixels`, with its inner loop written out: colour is what is mirrored most. */
function mirrorColours<Data extends RasterData | LabelData>(
  data: Data,
  result: Data,
  start: number,
  end: number,
): void {
  for (let from = start, to = end - 3; from < end; from += 3, to -= 3) {
    result[to] = data[from]
    result[to + 1] = data[from + 1]
    result[to + 2] = data[from + 2]
  }
}

function mirrorPixels<Data extends RasterData | LabelData>(
  data: Data,
  result: Data,
  start: number,
  end: number,
  channels: number,
): void {
  for (let from = start, to = end - channels; from < end; from += channels, to -= channels) {
    for (let c = 0; c < channels; c++) result[to + c] = data[from + c]
  }
}
