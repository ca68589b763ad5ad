import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dataset } from '@pixelwise/datasets'
import { openVoc, synthesizeVoc } from '@pixelwise/datasets/node'
import { Registry } from '@pixelwise/masks/shared'

/** What the command line can do with data sets of one layout. */
export interface DatasetKind {
  /** The names of the splits in a data set on disk. */
  splits(root: string): Promise<string[]>
  /** Opens one split with everything that belongs to its examples, so that reading one checks all its files. */
  open(root: string, split: string): Promise<Dataset>
  synthesize(root: string, options: SynthesizeOptions): Promise<void>
}

export interface SynthesizeOptions {
  readonly train?: number
  readonly val?: number
  readonly seed?: string
  readonly height?: number
  readonly width?: number
  readonly overwrite?: boolean
  readonly onProgress?: (done: number, total: number) => void
}

const voc: DatasetKind = {
  async splits(root) {
    const folder = join(root, 'ImageSets', 'Segmentation')
    const lists = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.txt')).sort()
    // A folder without lists is no VOC folder, which opening it says better.
    if (lists.length === 0) await openVoc(root)
    return lists.map((name) => name.slice(0, -'.txt'.length))
  },
  open: (root, split) => openVoc(root, { split, instances: true, objects: true }),
  synthesize: synthesizeVoc,
}

/** The layouts that are known, by name. */
export function datasetKinds(): Registry<DatasetKind> {
  return new Registry<DatasetKind>('kind of data set', [['voc', voc]])
}
