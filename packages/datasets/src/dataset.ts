import type { LabelData, LabelMap, Raster } from '@pixelwise/masks'
import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import type { ExampleInspection, Problem } from './checks/problem.js'
import type { ClassList } from './classes/class-list.js'

/** One example of a data set. */
export interface Sample {
  readonly id: string
  /** `[H, W, 3]`, RGB 0..255. */
  readonly image: Raster<Uint8Array>
  /** Class per pixel. */
  readonly labels?: LabelMap<LabelData>
  /** Instance per pixel: 0 none, 1, 2, …; the ignore label where the class is ignored. */
  readonly instances?: LabelMap<LabelData>
  /** A second labelling of the same pixels: SIFT Flow's geometric classes. */
  readonly geometric?: LabelMap<LabelData>
  /** `[H, W, 1]`, as stored; millimetres in NYUDv2, 0 where nothing was measured. */
  readonly depth?: Raster<Uint16Array>
  /** `[H, W, 3]`, 0..255: disparity, height above ground, angle with gravity. */
  readonly hha?: Raster<Uint8Array>
}

/** Examples that are read when asked for, in any order. */
export interface Dataset<S extends Sample = Sample> {
  readonly name: string
  readonly split: string
  readonly classes: ClassList
  readonly length: number
  readonly ids: readonly string[]
  /** The example at a place of the split, 0-based. Rejects with `dataset/out-of-range`. */
  at(index: number): Promise<S>
  /** The example of that id. Rejects with `dataset/unknown-id`. */
  byId(id: string): Promise<S>
  /** Looks for everything that is wrong; only data sets that are read from files have one. */
  readonly inspector?: DatasetInspector
}

/** Finds what is wrong with the files of a data set; `checkDataset` drives it. */
export interface DatasetInspector {
  /** Problems of the split lists and other files that concern no single example. */
  lists(): Promise<readonly Problem[]>
  /** Reads one example and tells all that is wrong with it. */
  example(id: string): Promise<ExampleInspection>
}

/** What a data set is made of. */
export interface DatasetParts<S extends Sample> {
  readonly name: string
  readonly split: string
  readonly classes: ClassList
  readonly ids: readonly string[]
  /** Reads one example. */
  load(id: string): Promise<S>
  readonly inspector?: DatasetInspector
}

/**
 * A data set from a list of ids and a function that reads one example.
 *
 * @example
 * const scenes = createDataset({
 *   name: 'scenes', split: 'train', classes, ids: ['a', 'b'],
 *   load: async (id) => ({ id, ...synthesizeScene(new Rng(id), { height: 64, width: 64 }) }),
 * })
 */
export function createDataset<S extends Sample>(parts: DatasetParts<S>): Dataset<S> {
  const { name, split, classes, ids, load, inspector } = parts
  const known = new Set(ids)
  return {
    name,
    split,
    classes,
    ids,
    length: ids.length,
    ...(inspector && { inspector }),
    async at(index) {
      if (Number.isInteger(index) && index >= 0 && index < ids.length) return load(ids[index])
      throw new PixelwiseError('dataset/out-of-range', {
        what: `example ${index} of ${name} (${split})`,
        rule: ids.length === 0 ? 'the split is empty' : `expected an integer 0..${ids.length - 1}`,
        next: 'use dataset.length as the bound',
      })
    },
    async byId(id) {
      if (known.has(id)) return load(id)
      const near = ids.length > 50_000 ? undefined : nearestName(id, ids)
      throw new PixelwiseError('dataset/unknown-id', {
        what: `${name} (${split}) has no example "${id}"`,
        rule: `ids are those of the split's list (${ids.length} of them${ids.length > 0 ? `, first "${ids[0]}"` : ''})`,
        next: near === undefined ? 'check the split' : `did you mean "${near}"?`,
      })
    },
  }
}
