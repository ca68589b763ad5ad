import type { LabelMap } from '@pixelwise/masks'

/** The bounds of an instance, half-open: rows `[top, bottom)`, columns `[left, right)`. */
export interface InstanceBox {
  top: number
  left: number
  bottom: number
  right: number
}

/** The bounds of each instance of a map, all its pieces together. Labels up to 0 are none. */
export function instanceBoxes({ height, width, labels }: LabelMap): Map<number, InstanceBox> {
  const boxes = new Map<number, InstanceBox>()
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const instance = labels[row * width + column]
      if (instance <= 0) continue
      const box = boxes.get(instance)
      if (box === undefined) {
        boxes.set(instance, { top: row, left: column, bottom: row + 1, right: column + 1 })
        continue
      }
      box.bottom = row + 1
      if (column < box.left) box.left = column
      if (column >= box.right) box.right = column + 1
    }
  }
  return boxes
}
