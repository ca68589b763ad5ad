import { decodeMask, type LabelMap } from '@pixelwise/masks'
import type { CocoObject } from './coco-json.js'

/** How objects become maps. */
export interface CocoLabelOptions {
  /** The class label of a category id; categories without one become background. */
  readonly labelOf: ReadonlyMap<number, number>
  readonly ignoreLabel: number
  /** Crowd regions hold many objects and what lies between them: left out of training and scoring, or taken as their class. */
  readonly crowds: 'ignore' | 'class'
}

/** Class and instance per pixel, drawn from an image's objects. */
export interface CocoMaps {
  readonly labels: LabelMap<Uint8Array>
  /** The n-th object has number n, 255 being left out so that it always means "ignored". */
  readonly instances: LabelMap<Uint16Array>
}

/**
 * Draws objects into maps: crowds first, then the larger before the smaller, so that what stands in front, which is
 * mostly the smaller, stays visible.
 */
export function drawCocoMaps(
  objects: readonly CocoObject[],
  height: number,
  width: number,
  options: CocoLabelOptions,
): CocoMaps {
  const { labelOf, ignoreLabel, crowds } = options
  const labels = new Uint8Array(height * width)
  const instances = new Uint16Array(height * width)
  const numbered = objects.map((object, i) => ({ object, number: instanceNumber(i) }))
  numbered.sort((a, b) => Number(b.object.crowd) - Number(a.object.crowd) || b.object.area - a.object.area)
  for (const { object, number } of numbered) {
    const label = labelOf.get(object.categoryId)
    if (label === undefined) continue
    const ignored = object.crowd && crowds === 'ignore'
    const { labels: inside } = decodeMask(object.mask)
    for (let i = 0; i < inside.length; i++) {
      if (inside[i] === 0) continue
      labels[i] = ignored ? ignoreLabel : label
      instances[i] = ignored ? ignoreLabel : number
    }
  }
  return { labels: { height, width, labels }, instances: { height, width, labels: instances } }
}

/** 1, 2, …, 254, 256, … for objects 0, 1, …: 255 is the ignore label. */
export function instanceNumber(index: number): number {
  return index + (index < 254 ? 1 : 2)
}
