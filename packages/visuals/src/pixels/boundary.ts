import type { LabelMap } from '@pixelwise/masks'

/** True when one of the pixel's four neighbours has another label; `pixel` is a row-major index. */
export function isBoundary({ height, width, labels }: LabelMap, pixel: number): boolean {
  const label = labels[pixel]
  const column = pixel % width
  const row = (pixel - column) / width
  return (
    (row > 0 && labels[pixel - width] !== label) ||
    (row < height - 1 && labels[pixel + width] !== label) ||
    (column > 0 && labels[pixel - 1] !== label) ||
    (column < width - 1 && labels[pixel + 1] !== label)
  )
}
