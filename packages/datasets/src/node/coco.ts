import { join } from 'node:path'
import { type Problem, problemOf } from '../checks/problem.js'
import { type ClassList, classList } from '../classes/class-list.js'
import { cocoToVoc } from '../classes/coco.js'
import { vocClasses } from '../classes/voc.js'
import { checkPixelCount } from '../codecs/limits.js'
import { createDataset, type Dataset, type Sample } from '../dataset.js'
import { type ExampleFiles, inspectExample, readExample } from '../example-files.js'
import type { CocoCategory, CocoImage, CocoObject } from '../formats/coco-json.js'
import { type CocoMaps, drawCocoMaps } from '../formats/coco-labels.js'
import { CocoIndex } from './coco-index.js'
import { exists, listFolder } from './files.js'
import { type ReadOptions, readImage } from './read-image.js'
import { unknownSplit } from './split-lists.js'

/** How COCO is read. */
export interface CocoOptions extends ReadOptions {
  /** `train2014`, `val2017`, …; default `train2017`. Names the folder of images and the annotation file. */
  readonly split?: string
  /** The annotation file; default `annotations/instances_SPLIT.json` in the root, or without the folder. */
  readonly annotations?: string
  /** The folder of images; default `SPLIT` or `images/SPLIT` in the root. */
  readonly images?: string
  /** The classes of label maps: the file's own categories (default), or VOC's 20 with all else as background. */
  readonly classes?: 'coco' | 'voc'
  /** Whether crowd regions are ignored (default) or labelled as their class. */
  readonly crowds?: 'ignore' | 'class'
}

/** One image of COCO. */
export interface CocoSample extends Sample {
  readonly objects: readonly CocoObject[]
}

/**
 * Opens COCO instances: `annotations/instances_SPLIT.json`, `SPLIT/*.jpg`. The JSON is streamed, so that the 450 MB of
 * train2014 open in little memory; outlines and run lengths of an image are read when it is asked for.
 *
 * Each sample has its objects with masks, a label map of the classes and an instance map in which the n-th object has
 * number n (larger objects are drawn first, so that what stands in front stays visible). Ids are image ids as text.
 *
 * Rejects with `dataset/unknown-split`, `file/missing`, `json/damaged`, `coco/bad-record`; reading an example rejects as
 * `openVoc`. Source: Lin et al. 2014; the format of the COCO API.
 */
export async function openCoco(root: string, options: CocoOptions = {}): Promise<Dataset<CocoSample>> {
  const { split = 'train2017', crowds = 'ignore' } = options
  const index = await CocoIndex.open(options.annotations ?? (await findAnnotations(root, split)))
  const folder = options.images ?? (await findImages(root, split))
  const { classes, labelOf } = classesOf(index.categories, options.classes ?? 'coco')
  const images = new Map<string, CocoImage>([...index.images].map(([id, image]) => [String(id), image]))
  const drawn = async (image: CocoImage): Promise<{ objects: CocoObject[]; maps: CocoMaps }> => {
    checkPixelCount(image.height, image.width, {
      name: `image ${image.id} in ${index.file}`,
      maxPixels: options.maxPixels,
    })
    const objects = await index.objectsOf(image.id)
    return { objects, maps: drawCocoMaps(objects, image.height, image.width, { labelOf, ignoreLabel: 255, crowds }) }
  }
  const files = (image: CocoImage, maps: CocoMaps): ExampleFiles => {
    const file = join(folder, image.fileName)
    const place = `image ${image.id} in ${index.file}`
    return {
      image: { file, read: () => readImage(file, options) },
      labels: { file: place, read: async () => maps.labels, classes },
      instances: { file: place, read: async () => maps.instances },
    }
  }
  const imageOf = (id: string): CocoImage => images.get(id) ?? { id: -1, fileName: id, height: 0, width: 0 }
  return createDataset<CocoSample>({
    name: 'COCO',
    split,
    classes,
    ids: [...images.keys()],
    load: async (id) => {
      const { objects, maps } = await drawn(imageOf(id))
      return { ...(await readExample(id, files(imageOf(id), maps))), objects }
    },
    inspector: {
      lists: async () => index.problems,
      example: async (id) => {
        try {
          const { objects, maps } = await drawn(imageOf(id))
          // Instances are drawn at the size of the labels, so that looking at both would tell everything twice.
          const { instances: _, ...parts } = files(imageOf(id), maps)
          const { problems, labels } = await inspectExample(id, parts)
          return { problems: [...unknownCategories(objects, index), ...problems], labels }
        } catch (error) {
          return { problems: [problemOf(error, id)], labels: undefined }
        }
      },
    },
  })
}

/** Objects of a category that the file does not list; label maps leave them to the background. */
function unknownCategories(objects: readonly CocoObject[], { categories, file }: CocoIndex): Problem[] {
  const known = new Set(categories.map(({ id }) => id))
  return objects
    .filter(({ categoryId }) => !known.has(categoryId))
    .map(({ id, imageId, categoryId, box: { x, y } }) => ({
      code: 'coco/unknown-category',
      id: String(imageId),
      message: `annotation ${id} of image ${imageId} in ${file}, at (${Math.floor(y)}, ${Math.floor(x)}), has the category ${categoryId}: categories are those that the file lists; correct it, or add the category`,
    }))
}

/** The class list of label maps and the label of each category. */
function classesOf(
  categories: readonly CocoCategory[],
  kind: 'coco' | 'voc',
): { classes: ClassList; labelOf: Map<number, number> } {
  if (kind === 'coco') {
    const classes = classList(['background', ...categories.map(({ name }) => name)])
    return { classes, labelOf: new Map(categories.map(({ id }, i) => [id, i + 1])) }
  }
  const labelOf = new Map<number, number>()
  for (const { id, name } of categories) {
    if (Object.hasOwn(cocoToVoc, name)) labelOf.set(id, vocClasses.names.indexOf(cocoToVoc[name]))
  }
  return { classes: vocClasses, labelOf }
}

async function findAnnotations(root: string, split: string): Promise<string> {
  const folders = [join(root, 'annotations'), root]
  for (const folder of folders) {
    const file = join(folder, `instances_${split}.json`)
    if (await exists(file)) return file
  }
  const names = (await Promise.all(folders.map((folder) => listFolder(folder).catch(() => [])))).flat()
  const known = names.flatMap((name) => /^instances_(.+)\.json$/.exec(name)?.[1] ?? [])
  throw unknownSplit(root, split, known)
}

async function findImages(root: string, split: string): Promise<string> {
  const folder = join(root, split)
  return (await exists(folder)) ? folder : join(root, 'images', split)
}
