import type { Box, LabelMap } from '@pixelwise/masks'

/** One object of an image: its box, and labels in which it is alone. */
export interface ObjectWindow {
  readonly box: Box
  readonly labels: LabelMap<Int32Array>
}

/** Which objects have a window, and how large. */
export interface ObjectWindowOptions {
  /** How much longer the window is than the longer side of the object's box. Default 1.2. */
  readonly extend?: number
  /** Smallest box side, in pixels, of an object that counts. Default 1. */
  readonly smallest?: number
  readonly background?: number
  readonly ignoreLabel?: number
}

/**
 * The windows of DeconvNet's first stage: a square about each object, 1.2 times as long as its box, in which only the
 * object in the middle keeps its class; all others are background there.
 *
 * `instances` numbers the objects from 1 on (0 is no object), pixel by pixel beside the class labels; ignored pixels
 * stay ignored. Source: Noh et al. 2015, §4.1 and 4.2.
 */
export function objectWindows(
  labels: LabelMap,
  instances: LabelMap,
  { extend = 1.2, smallest = 1, background = 0, ignoreLabel = 255 }: ObjectWindowOptions = {},
): ObjectWindow[] {
  return [...boxesOf(instances)]
    .filter(([, box]) => Math.min(box.width, box.height) >= smallest)
    .map(([instance, box]) => ({
      box: squareAbout(box, extend),
      labels: {
        height: labels.height,
        width: labels.width,
        labels: Int32Array.from(labels.labels, (label, pixel) =>
          instances.labels[pixel] === instance || label === ignoreLabel ? label : background,
        ),
      },
    }))
}

/** A square with the same middle, `extend` times as long as the longer side. */
export function squareAbout({ x, y, width, height }: Box, extend: number): Box {
  const side = extend * Math.max(width, height)
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side }
}

function boxesOf({ height, width, labels }: LabelMap): Map<number, Box> {
  const boxes = new Map<number, Box>()
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const instance = labels[y * width + x]
      if (instance === 0) continue
      const box = boxes.get(instance)
      boxes.set(instance, box ? grownTo(box, x, y) : { x, y, width: 1, height: 1 })
    }
  }
  return boxes
}

function grownTo(box: Box, x: number, y: number): Box {
  const [left, top] = [Math.min(box.x, x), Math.min(box.y, y)]
  const [right, bottom] = [Math.max(box.x + box.width, x + 1), Math.max(box.y + box.height, y + 1)]
  return { x: left, y: top, width: right - left, height: bottom - top }
}
