import { join } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { type Problem, problemOf } from '../checks/problem.js'
import type { ClassList } from '../classes/class-list.js'
import { createDataset, type Dataset, type Sample } from '../dataset.js'
import { type ExampleFiles, inspectExample, readExample } from '../example-files.js'
import { parseVocAnnotation, type VocObject } from '../formats/voc-annotation.js'
import { exists, readText } from './files.js'
import { readClasses } from './read-classes.js'
import { type ReadOptions, readImage, readLabels } from './read-image.js'
import { readSplit, splitNames, splitProblems } from './split-lists.js'

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
  /**
   * Reads the keypoints of an image. PASCAL VOC publishes none; those that others have annotated on its images come in
   * formats of their own, which this function knows.
   */
  readonly keypoints?: (id: string) => Promise<readonly VocKeypoint[]>
}

/** One example of a VOC data set. */
export interface VocSample extends Sample {
  /** The objects with their boxes, when asked for. */
  readonly objects?: readonly VocObject[]
  /** What the `keypoints` option gave for this image. */
  readonly keypoints?: readonly VocKeypoint[]
}

/** A part of an object, marked in an image. */
export interface VocKeypoint {
  /** `left ear`, `right knee`. */
  readonly type: string
  /** Pixels from the left and from the top, 0 at the centre of the first pixel. */
  readonly x: number
  readonly y: number
  /** Whether it can be seen; true unless told. */
  readonly visible?: boolean
  /** Which of `objects` it belongs to, 0-based. */
  readonly object?: number
}

/**
 * Opens a data set in PASCAL VOC's layout; examples are read when asked for.
 *
 * `JPEGImages/ID.jpg`, `SegmentationClass/ID.png` (indexed, 255 = void), `SegmentationObject/ID.png`,
 * `Annotations/ID.xml`, `ImageSets/Segmentation/SPLIT.txt`, and optionally `classes.txt`.
 *
 * Rejects with `voc/not-a-voc-folder`, `dataset/unknown-split`, `dataset/bad-id`; reading an example rejects with
 * `file/missing`, `dataset/size-mismatch`, `labels/unknown-label` and the codecs' errors, each naming the file.
 *
 * @example
 * const voc = await openVoc('VOCdevkit', { year: 2012, split: 'val' })
 * const { image, labels } = await voc.at(0)
 */
export async function openVoc(root: string, options: VocOptions = {}): Promise<Dataset<VocSample>> {
  const { split = 'train', labels = true, instances = false, objects = false } = options
  const folder = await findRoot(root, options.year)
  const lists = join(folder, ...listFolder)
  const ids = await readSplit(lists, split)
  const classes = options.classes ?? (await readClasses(folder))
  const part = <T>(path: string, read: (file: string, options: ReadOptions) => Promise<T>) => {
    const file = join(folder, path)
    return { file, read: () => read(file, options) }
  }
  const files = (id: string): ExampleFiles => ({
    image: part(`JPEGImages/${id}.jpg`, readImage),
    ...(labels && { labels: { ...part(`SegmentationClass/${id}.png`, readLabels), classes } }),
    ...(instances && { instances: part(`SegmentationObject/${id}.png`, readLabels) }),
  })
  return createDataset<VocSample>({
    name: 'PASCAL VOC layout',
    split,
    classes,
    ids,
    load: async (id) => ({
      ...(await readExample(id, files(id))),
      ...(objects && { objects: await readObjects(folder, id) }),
      ...(options.keypoints && { keypoints: await options.keypoints(id) }),
    }),
    inspector: {
      lists: async () => splitProblems(lists, await splitNames(lists)),
      example: async (id) => {
        const inspection = await inspectExample(id, files(id))
        const annotation = objects ? await annotationProblems(folder, id) : []
        return { ...inspection, problems: [...inspection.problems, ...annotation] }
      },
    },
  })
}

const listFolder = ['ImageSets', 'Segmentation']

async function readObjects(folder: string, id: string): Promise<readonly VocObject[]> {
  const file = join(folder, 'Annotations', `${id}.xml`)
  return parseVocAnnotation(await readText(file), file).objects
}

async function annotationProblems(folder: string, id: string): Promise<Problem[]> {
  return readObjects(folder, id).then(
    () => [],
    (error: unknown) => [problemOf(error, id)],
  )
}

async function findRoot(root: string, year: number | undefined): Promise<string> {
  const candidates = year === undefined ? [root] : [join(root, `VOC${year}`), join(root, 'VOCdevkit', `VOC${year}`)]
  for (const candidate of candidates) if (await exists(join(candidate, ...listFolder))) return candidate
  throw new PixelwiseError('voc/not-a-voc-folder', {
    what: `no ${join(...listFolder)} in ${candidates.join(' or ')}`,
    rule: 'a VOC folder holds JPEGImages, SegmentationClass and ImageSets/Segmentation',
    next:
      year === undefined
        ? 'pass the folder that holds JPEGImages, or a year'
        : 'pass the folder that holds VOCdevkit, or another year',
  })
}
