import { join } from 'node:path'
import type { ClassList } from '../classes/class-list.js'
import { classList } from '../classes/class-list.js'
import { pascalContextClasses } from '../classes/pascal-context.js'
import type { Dataset, Sample } from '../dataset.js'
import { contextMapping, parseContextNames } from '../formats/pascal-context-labels.js'
import { encodeMat, matMatrix } from '../mat/mat-encode.js'
import { fileDataset } from './file-dataset.js'
import { exists, readText } from './files.js'
import { type ReadOptions, readImage } from './read-image.js'
import { readMatLabels } from './read-mat.js'
import { readSplit, splitProblems } from './split-lists.js'
import { listFile, type SynthesizeOptions, writeScenes } from './write-scenes.js'

/** How PASCAL-Context is read. */
export interface PascalContextOptions extends ReadOptions {
  /** `train` (default), `val` or `trainval`: the lists of VOC 2010. */
  readonly split?: string
  /** The folder of VOC 2010; default `VOC2010` in the root. */
  readonly voc?: string
  /** The folder with `trainval/ID.mat` and `labels.txt`; default `pascal-context` in the root. */
  readonly context?: string
  /** The task: default the classes of `59_labels.txt` in the context folder if there is one, else the published 59. */
  readonly classes?: ClassList
}

/**
 * Opens PASCAL-Context: images and lists of VOC 2010 (`ImageSets/Main`), labels `trainval/ID.mat` (variable `LabelMap`).
 *
 * Stored labels number the names of `labels.txt` from 1; those of the 59-class task are mapped by name, everything else is
 * background (0), which is trained and scored: nothing is ignored. A stored label that `labels.txt` does not reach is an
 * unknown label. Rejects as `openSbd`, and with `pascal-context/*` when the lists of names do not fit together.
 * Source: Mottaghi et al. 2014.
 */
export async function openPascalContext(root: string, options: PascalContextOptions = {}): Promise<Dataset<Sample>> {
  const { split = 'train', voc = join(root, 'VOC2010'), context = join(root, 'pascal-context') } = options
  const namesFile = join(context, 'labels.txt')
  const classes = options.classes ?? (await readTask(context))
  const mapping = contextMapping(parseContextNames(await readText(namesFile), namesFile), classes, namesFile)
  const lists = join(voc, 'ImageSets', 'Main')
  const known = ['train', 'val', 'trainval']
  return fileDataset({
    name: 'PASCAL-Context',
    split,
    classes,
    ids: await readSplit(lists, split, known),
    files: (id) => {
      const image = join(voc, 'JPEGImages', `${id}.jpg`)
      const labels = join(context, 'trainval', `${id}.mat`)
      return {
        image: { file: image, read: () => readImage(image, options) },
        labels: {
          file: labels,
          read: () => readMatLabels(labels, ['LabelMap'], (stored) => mapping[stored] ?? stored),
          classes,
        },
      }
    },
    lists: () => splitProblems(lists, known),
  })
}

async function readTask(context: string): Promise<ClassList> {
  const file = join(context, '59_labels.txt')
  if (!(await exists(file))) return pascalContextClasses
  const numbers = parseContextNames(await readText(file), file)
  const lines = (await readText(file)).split('\n').map((line) => line.replace(/^\s*\d+:\s*/, '').trim())
  const names = lines.filter((name) => name !== '')
  const withBackground = [...numbers.values()].includes(0) ? names : ['background', ...names]
  return { ...classList(withBackground), ignoreLabel: undefined }
}

/** Names that the synthetic list holds besides the scenes' classes, so that numbers and labels differ as in the real list. */
const otherNames = ['accordion', 'air conditioner', 'antenna']

/**
 * Writes synthetic scenes in PASCAL-Context's layout, with a task of the scenes' own classes in `59_labels.txt`; outlines are
 * stored as "antenna", which the task leaves to the background. Errors as `synthesizeVoc`.
 */
export async function synthesizePascalContext(root: string, options: SynthesizeOptions = {}): Promise<void> {
  await writeScenes(root, options, {
    name: 'pascal-context',
    files: async ({ id, scene, jpeg }) => {
      const { height, width, labels } = scene.labels
      const stored = Array.from(labels, (label) => {
        if (label === 255) return otherNames.length
        return label === 0 ? 1 : otherNames.length + label
      })
      return {
        [`VOC2010/JPEGImages/${id}.jpg`]: await jpeg(),
        [`pascal-context/trainval/${id}.mat`]: encodeMat({
          LabelMap: matMatrix(height, width, stored, (n) => new Uint16Array(n)),
        }),
      }
    },
    lists: ({ train, val }, [, ...objects]) => ({
      'VOC2010/ImageSets/Main/train.txt': listFile(train),
      'VOC2010/ImageSets/Main/val.txt': listFile(val),
      'VOC2010/ImageSets/Main/trainval.txt': listFile([...train, ...val]),
      'pascal-context/labels.txt': listFile([...otherNames, ...objects].map((name, i) => `${i + 1}: ${name}`)),
      'pascal-context/59_labels.txt': listFile(objects.map((name, i) => `${i + 1}: ${name}`)),
    }),
  })
}
