import { basename, join } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Problem } from '../checks/problem.js'
import { camvidClasses } from '../classes/camvid.js'
import { encodePng } from '../codecs/png-encode.js'
import type { Dataset, Sample } from '../dataset.js'
import { parseSplitList } from '../formats/split-list.js'
import { fileDataset } from './file-dataset.js'
import { exists, listFolder, readText } from './files.js'
import { type ReadOptions, readImage, readLabels } from './read-image.js'
import { unknownSplit } from './split-lists.js'
import { listFile, type SynthesizeOptions, writeScenes } from './write-scenes.js'

/** How CamVid is read. */
export interface CamvidOptions extends ReadOptions {
  /** `train` (default), `val` or `test`. */
  readonly split?: string
  /** Leaves out examples whose image is not there, for copies that hold only a part of the set; default false. */
  readonly onlyExisting?: boolean
}

/**
 * Opens CamVid as SegNet's authors prepared it: `SPLIT/ID.png`, `SPLITannot/ID.png` (grey, 0..10, 11 = void) and
 * `SPLIT.txt` with an image path and a label path per line, of which the file names count.
 *
 * Rejects with `dataset/unknown-split`, `camvid/bad-line`, `dataset/bad-id`; reading an example rejects as with `openVoc`.
 * Source: Badrinarayanan, Kendall and Cipolla 2017; data by Brostow et al. 2009.
 */
export async function openCamvid(root: string, options: CamvidOptions = {}): Promise<Dataset<Sample>> {
  const { split = 'train', onlyExisting = false } = options
  const known = ['train', 'val', 'test']
  if (!known.includes(split)) throw unknownSplit(root, split, known)
  const listFileName = join(root, `${split}.txt`)
  const listed = parseCamvidList(await readText(listFileName), listFileName)
  const present = new Set(onlyExisting ? await listFolder(join(root, split)) : [])
  const ids = onlyExisting ? listed.filter((id) => present.has(`${id}.png`)) : listed
  return fileDataset({
    name: 'CamVid',
    split,
    classes: camvidClasses,
    ids,
    files: (id) => {
      const imageFile = join(root, split, `${id}.png`)
      const labelFile = join(root, `${split}annot`, `${id}.png`)
      return {
        image: { file: imageFile, read: () => readImage(imageFile, options) },
        labels: { file: labelFile, read: () => readLabels(labelFile, options), classes: camvidClasses },
      }
    },
    lists: () => listProblems(root, known),
  })
}

/** Reads a list of two paths per line, such as `/SegNet/CamVid/train/A.png /SegNet/CamVid/trainannot/A.png`. */
export function parseCamvidList(text: string, file: string): string[] {
  const ids = text.split('\n').map((line, i) => {
    if (line.trim() === '') return ''
    const names = line
      .trim()
      .split(/\s+/)
      .map((path) => basename(path))
    if (names.length !== 2 || names[0] !== names[1] || !names[0].endsWith('.png')) {
      throw new PixelwiseError('camvid/bad-line', {
        what: `line ${i + 1} of ${file} is ${JSON.stringify(line.trim().slice(0, 120))}`,
        rule: 'a line holds the paths of an image and of its labels, PNG files of the same name',
        next: 'correct or remove the line',
      })
    }
    return names[0].slice(0, -4)
  })
  return parseSplitList(ids.join('\n'), file)
}

async function listProblems(root: string, splits: readonly string[]): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const split of splits) {
    const file = join(root, `${split}.txt`)
    if (!(await exists(file))) continue
    const ids = parseCamvidList(await readText(file), file)
    for (const [i, id] of ids.entries()) {
      const first = ids.indexOf(id)
      if (first < i)
        problems.push({
          code: 'dataset/duplicate-id',
          id,
          message: `line ${i + 1} of ${file} repeats "${id}" of line ${first + 1}: an id stands once in a split; remove one of the lines`,
        })
    }
  }
  return problems
}

/**
 * Writes synthetic scenes in CamVid's layout: label 0 stands for the background, label i for the i-th object class, 11 for void.
 * Errors as `synthesizeVoc`.
 */
export async function synthesizeCamvid(root: string, options: SynthesizeOptions = {}): Promise<void> {
  const lines = (split: string, ids: readonly string[]) =>
    listFile(ids.map((id) => `/SegNet/CamVid/${split}/${id}.png /SegNet/CamVid/${split}annot/${id}.png`))
  await writeScenes(root, options, {
    name: 'camvid',
    files: async ({ id, split, scene }) => ({
      [`${split}/${id}.png`]: encodePng(scene.image),
      [`${split}annot/${id}.png`]: encodePng({
        ...scene.image,
        channels: 1,
        data: scene.labels.labels.map((label) => (label === 255 ? 11 : label)),
      }),
    }),
    lists: ({ train, val }) => ({ 'train.txt': lines('train', train), 'val.txt': lines('val', val) }),
  })
}
