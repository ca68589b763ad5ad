import { join } from 'node:path'
import type { LabelMap } from '@pixelwise/masks'
import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import { validateLabels, validateSize } from '../checks/validate-labels.js'
import { type ClassList, parseClassList } from '../classes/class-list.js'
import { vocClasses } from '../classes/voc.js'
import { createDataset, type Dataset, type Sample } from '../dataset.js'
import { parseSplitList } from '../formats/split-list.js'
import { parseVocAnnotation, type VocObject } from '../formats/voc-annotation.js'
import { exists, listFolder, readText } from './files.js'
import { type ReadOptions, readImage, readLabels } from './read-image.js'

/** How a VOC data set is read. */
export interface VocOptions extends ReadOptions {
  /** The list in `ImageSets/Segmentation`; default `train`. */
  readonly split?: string
  /** Looks for `VOC<year>` or `VOCdevkit/VOC<year>` below the root. */
  readonly year?: number
  /** Default: the names in the root's `classes.txt` if there is one, else PASCAL VOC's 21. */
  readonly classes?: ClassList
  /** Whether `SegmentationClass` is read; default true. The published test sets have none. */
  readonly labels?: boolean
  /** Whether `SegmentationObject` is read; default false. */
  readonly instances?: boolean
  /** Whether `Annotations` is read; default false. */
  readonly objects?: boolean
}

/** One example of a VOC data set. */
export interface VocSample extends Sample {
  /** The objects with their boxes, when asked for. */
  readonly objects?: readonly VocObject[]
}

/**
 * Opens a data set in PASCAL VOC's layout; examples are read when asked for.
 *
 * `JPEGImages/ID.jpg`, `SegmentationClass/ID.png` (indexed, 255 = void), `SegmentationObject/ID.png`,
 * `Annotations/ID.xml`, `ImageSets/Segmentation/SPLIT.txt`, and optionally `classes.txt`.
 *
 * Rejects with `voc/not-a-voc-folder`, `voc/unknown-split`, `dataset/bad-id`; reading an example rejects with
 * `file/missing`, `dataset/size-mismatch`, `labels/unknown-label` and the codecs' errors, each naming the file.
 *
 * @example
 * const voc = await openVoc('VOCdevkit', { year: 2012, split: 'val' })
 * const { image, labels } = await voc.at(0)
 */
export async function openVoc(root: string, options: VocOptions = {}): Promise<Dataset<VocSample>> {
  const { split = 'train', labels: withLabels = true } = options
  const folder = await findRoot(root, options.year)
  const ids = await readSplit(folder, split)
  const classes = options.classes ?? (await readClasses(folder))
  return createDataset({
    name: 'PASCAL VOC layout',
    split,
    classes,
    ids,
    load: async (id) => {
      const imageFile = join(folder, 'JPEGImages', `${id}.jpg`)
      const image = await readImage(imageFile, options)
      const readMap = async (kind: string): Promise<LabelMap<Uint8Array | Uint16Array>> => {
        const file = join(folder, kind, `${id}.png`)
        const map = await readLabels(file, options)
        validateSize(image, map, imageFile, file)
        if (kind === 'SegmentationClass') validateLabels(map, classes, file)
        return map
      }
      return {
        id,
        image,
        ...(withLabels && { labels: await readMap('SegmentationClass') }),
        ...(options.instances && { instances: await readMap('SegmentationObject') }),
        ...(options.objects && { objects: await readObjects(folder, id) }),
      }
    },
  })
}

/** Reads the objects and boxes of one image. */
export async function readObjects(folder: string, id: string): Promise<readonly VocObject[]> {
  const file = join(folder, 'Annotations', `${id}.xml`)
  return parseVocAnnotation(await readText(file), file).objects
}

const lists = join('ImageSets', 'Segmentation')

async function findRoot(root: string, year: number | undefined): Promise<string> {
  const candidates = year === undefined ? [root] : [join(root, `VOC${year}`), join(root, 'VOCdevkit', `VOC${year}`)]
  for (const candidate of candidates) if (await exists(join(candidate, lists))) return candidate
  throw new PixelwiseError('voc/not-a-voc-folder', {
    what: `no ${lists} in ${candidates.join(' or ')}`,
    rule: 'a VOC folder holds JPEGImages, SegmentationClass and ImageSets/Segmentation',
    next:
      year === undefined
        ? 'pass the folder that holds JPEGImages, or a year'
        : 'pass the folder that holds VOCdevkit, or another year',
  })
}

async function readSplit(folder: string, split: string): Promise<string[]> {
  const known = (await listFolder(join(folder, lists)))
    .filter((name) => name.endsWith('.txt'))
    .map((name) => name.slice(0, -4))
  if (!known.includes(split)) {
    const near = nearestName(split, known)
    throw new PixelwiseError('voc/unknown-split', {
      what: `unknown split "${split}"`,
      rule: `${join(folder, lists)} holds: ${known.join(', ')}`,
      next: near === undefined ? 'choose among these' : `did you mean "${near}"?`,
    })
  }
  const file = join(folder, lists, `${split}.txt`)
  return parseSplitList(await readText(file), file)
}

async function readClasses(folder: string): Promise<ClassList> {
  const file = join(folder, 'classes.txt')
  return (await exists(file)) ? parseClassList(await readText(file)) : vocClasses
}
