import { join } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { ClassList } from '../classes/class-list.js'
import { createDataset, type Dataset, type Sample } from '../dataset.js'
import { type ExampleFiles, inspectExample, readExample } from '../example-files.js'
import { type MatValue, matField } from '../mat/mat-value.js'
import { exists } from './files.js'
import { readClasses } from './read-classes.js'
import { type ReadOptions, readImage } from './read-image.js'
import { readMat, readMatLabels } from './read-mat.js'
import { readSplit, splitNames, splitProblems } from './split-lists.js'

/** How SBD is read. */
export interface SbdOptions extends ReadOptions {
  /** `train` (default) or `val`: the lists of the data set folder. */
  readonly split?: string
  /** Default: the names in the folder's `classes.txt` if there is one, else PASCAL VOC's 21. */
  readonly classes?: ClassList
  /** Whether `inst` is read: instance ids and their classes; default false. */
  readonly instances?: boolean
  /** Whether the class boundaries are read; default false. */
  readonly boundaries?: boolean
}

/** One example of SBD. */
export interface SbdSample extends Sample {
  /** The class label of instance 1, 2, …, when instances are asked for. */
  readonly instanceLabels?: readonly number[]
  /** The pixels on the outline of each class that has one, when asked for. */
  readonly boundaries?: readonly SbdBoundary[]
}

/** The outline of a class. */
export interface SbdBoundary {
  readonly label: number
  /** Row-major positions, `row·width + column`. */
  readonly pixels: Int32Array
}

/**
 * Opens the Semantic Boundaries Dataset: `img/ID.jpg`, `cls/ID.mat` (GTcls), `inst/ID.mat` (GTinst), `SPLIT.txt`.
 *
 * The root is the folder that holds these, or the archive's own `dataset` or `benchmark_RELEASE/dataset` above it.
 * Labels are VOC's 0..20; SBD has no void pixels. Rejects with `sbd/not-an-sbd-folder`, `dataset/unknown-split`,
 * `dataset/bad-id`; reading an example rejects with `mat/*` and as `openVoc`.
 * Source: Hariharan et al. 2011, Semantic Contours from Inverse Detectors.
 */
export async function openSbd(root: string, options: SbdOptions = {}): Promise<Dataset<SbdSample>> {
  const { split = 'train', instances = false, boundaries = false } = options
  const folder = await findRoot(root)
  const ids = await readSplit(folder, split)
  const classes = options.classes ?? (await readClasses(folder))
  const classFile = (id: string) => join(folder, 'cls', `${id}.mat`)
  const instanceFile = (id: string) => join(folder, 'inst', `${id}.mat`)
  const files = (id: string): ExampleFiles => {
    const image = join(folder, 'img', `${id}.jpg`)
    return {
      image: { file: image, read: () => readImage(image, options) },
      labels: {
        file: classFile(id),
        read: () => readMatLabels(classFile(id), ['GTcls', 'Segmentation']),
        classes,
      },
      ...(instances && {
        instances: { file: instanceFile(id), read: () => readMatLabels(instanceFile(id), ['GTinst', 'Segmentation']) },
      }),
    }
  }
  return createDataset<SbdSample>({
    name: 'SBD',
    split,
    classes,
    ids,
    load: async (id) => ({
      ...(await readExample(id, files(id))),
      ...(instances && { instanceLabels: await readCategories(instanceFile(id)) }),
      ...(boundaries && { boundaries: await readBoundaries(classFile(id)) }),
    }),
    inspector: {
      lists: async () => splitProblems(folder, await splitNames(folder)),
      example: (id) => inspectExample(id, files(id)),
    },
  })
}

async function findRoot(root: string): Promise<string> {
  const candidates = [root, join(root, 'dataset'), join(root, 'benchmark_RELEASE', 'dataset')]
  for (const candidate of candidates) if (await exists(join(candidate, 'cls'))) return candidate
  throw new PixelwiseError('sbd/not-an-sbd-folder', {
    what: `no folder "cls" in ${candidates.join(' or ')}`,
    rule: 'SBD holds img, cls, inst and the lists train.txt and val.txt',
    next: 'pass the folder that holds cls',
  })
}

async function readCategories(file: string): Promise<number[]> {
  const categories = matField(await readMat(file), ['GTinst', 'Categories'], file)
  if (categories.kind === 'numeric') return [...categories.data]
  throw unexpected(file, 'GTinst.Categories', categories, 'a column of class labels')
}

async function readBoundaries(file: string): Promise<SbdBoundary[]> {
  const cells = matField(await readMat(file), ['GTcls', 'Boundaries'], file)
  if (cells.kind !== 'cell') throw unexpected(file, 'GTcls.Boundaries', cells, 'a cell array, one matrix per class')
  return cells.cells.flatMap((cell, i) => {
    const pixels = nonZeroPixels(cell, file)
    return pixels.length === 0 ? [] : [{ label: i + 1, pixels }]
  })
}

function nonZeroPixels(value: MatValue, file: string): Int32Array {
  const [height, width] = value.shape
  const pixels: number[] = []
  if (value.kind === 'sparse') {
    for (let column = 0; column < width; column++) {
      for (let i = value.columnStarts[column]; i < value.columnStarts[column + 1]; i++) {
        if (value.data[i] !== 0) pixels.push(value.rowIndices[i] * width + column)
      }
    }
  } else if (value.kind === 'numeric') {
    value.data.forEach((entry, i) => {
      if (entry !== 0) pixels.push((i % height) * width + Math.floor(i / height))
    })
  } else throw unexpected(file, 'a boundary', value, 'a matrix')
  return Int32Array.from(pixels).sort()
}

function unexpected(file: string, name: string, value: MatValue, wanted: string): PixelwiseError {
  return new PixelwiseError('sbd/unexpected-variable', {
    what: `${name} of ${file} is a ${value.kind} of ${value.shape.join('×')}`,
    rule: `SBD stores ${wanted} there`,
    next: 'check that the file belongs to SBD',
  })
}
