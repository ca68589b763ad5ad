import type { LabelMap } from '@pixelwise/masks'

/** Three objects and a void block on 12×12 pixels: the third in front along the left edge, where nothing else is. */
export function threeObjects(): LabelMap<Int32Array> {
  const labels = new Int32Array(144)
  const fill = (value: number, [top, bottom]: number[], [left, right]: number[]) => {
    for (let row = top; row <= bottom; row++) labels.fill(value, row * 12 + left, row * 12 + right + 1)
  }
  fill(1, [2, 5], [3, 7])
  fill(2, [6, 10], [6, 11])
  for (let row = 0; row < 12; row++) if (labels[row * 12] === 0) labels[row * 12] = 3
  fill(-1, [9, 11], [2, 3])
  return { height: 12, width: 12, labels }
}
