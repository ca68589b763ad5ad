import { join } from 'node:path'
import { nyud40Classes } from '../classes/nyud.js'
import type { Dataset, Sample } from '../dataset.js'
import { fileDataset } from './file-dataset.js'
import { type ReadOptions, readDepth, readImage } from './read-image.js'
import { readMatLabels } from './read-mat.js'
import { readSplit, splitNames, splitProblems, unknownSplit } from './split-lists.js'

/** How NYUDv2 is read. */
export interface NyudOptions extends ReadOptions {
  /** `train`, `val`, `test` or `trainval` (default), which is made of the first two where there is no such list. */
  readonly split?: string
  /** Whether `data/depth` is read; default false. */
  readonly depth?: boolean
  /** Whether `data/hha` is read; default false. */
  readonly hha?: boolean
}

const voidLabel = 255

/**
 * Opens NYUDv2 as Gupta et al. prepared it: `data/images/img_ID.png`, `segmentation/img_ID.mat` (variable `segmentation`),
 * `data/depth/img_ID.png` (16 bits, millimetres), `data/hha/img_ID.png`, `SPLIT.txt`.
 *
 * Labels are stored as 1..40 with 0 for void; they become 0..39 and 255. Pictures are 425×560. HHA channels keep the file's
 * order. Rejects as `openSbd`.
 * Source: Silberman et al. 2012; Gupta, Arbeláez and Malik 2013.
 */
export async function openNyud(root: string, options: NyudOptions = {}): Promise<Dataset<Sample>> {
  const { split = 'trainval', depth = false, hha = false } = options
  return fileDataset({
    name: 'NYUDv2',
    split,
    classes: nyud40Classes,
    ids: await readIds(root, split),
    files: (id) => {
      const place = (kind: string, ending: string) => join(root, kind, `img_${id}.${ending}`)
      const image = place('data/images', 'png')
      const labels = place('segmentation', 'mat')
      const depthFile = place('data/depth', 'png')
      const hhaFile = place('data/hha', 'png')
      return {
        image: { file: image, read: () => readImage(image, options) },
        labels: {
          file: labels,
          read: () => readMatLabels(labels, ['segmentation'], (stored) => (stored === 0 ? voidLabel : stored - 1)),
          classes: nyud40Classes,
        },
        ...(depth && { depth: { file: depthFile, read: () => readDepth(depthFile, options) } }),
        ...(hha && { hha: { file: hhaFile, read: () => readImage(hhaFile, options) } }),
      }
    },
    lists: async () => splitProblems(root, await splitNames(root)),
  })
}

/** The archive ships no `trainval.txt`; its lists lack the final newline, so joining the files as text would merge two ids. */
async function readIds(root: string, split: string): Promise<string[]> {
  const known = await splitNames(root)
  if (known.includes(split)) return readSplit(root, split, known)
  if (split !== 'trainval') throw unknownSplit(root, split, [...known, 'trainval'])
  return [...(await readSplit(root, 'train', known)), ...(await readSplit(root, 'val', known))]
}
