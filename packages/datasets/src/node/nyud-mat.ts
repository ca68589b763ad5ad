import { dirname, extname, join } from 'node:path'
import type { LabelMap, Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { validateLabels } from '../checks/validate-labels.js'
import { checkPixelCount } from '../codecs/limits.js'
import { createDataset, type Dataset, type Sample } from '../dataset.js'
import { type Camera, cropCamera, nyudColourCamera, nyudCrop } from '../depth/camera.js'
import { encodeHha } from '../depth/hha.js'
import { numberInstances } from '../formats/nyud-instances.js'
import type { Window } from '../transforms/window.js'
import { type Hdf5Array, Hdf5File, type Hdf5Ranges } from './hdf5.js'
import { type NyudClassCount, type NyudTask, readNyudSplit, readNyudTask } from './nyud-mappings.js'
import type { ReadOptions } from './read-image.js'

/** How NYUDv2's original file is read. */
export interface NyudMatOptions extends Pick<ReadOptions, 'maxPixels'> {
  /** `train` (default, 795 images) or `test` (654) of `splits.mat`, or `all`. */
  readonly split?: string
  /** 40 (default), 13, or 894: all names of the file. */
  readonly classes?: NyudClassCount
  /** Cuts pictures to the 425×560 that the prepared layout and published nets use; default false. */
  readonly crop?: boolean
  /** Whether objects are numbered; default false. */
  readonly instances?: boolean
  /** Whether `depths` is read (holes filled, as millimetres), or `rawDepths` (0 where nothing was measured); default false. */
  readonly depth?: boolean | 'raw'
  /** Whether HHA is computed from both depths; default false. */
  readonly hha?: boolean
  /** The camera of the uncropped pictures, for HHA; default NYUDv2's colour camera. */
  readonly camera?: Camera
}

/** One example of NYUDv2's original file. */
export interface NyudMatSample extends Sample {
  /** The class label of instance 1, 2, …, when instances are asked for. */
  readonly instanceLabels?: readonly number[]
}

/** The name of the published file. */
export const nyudMatFile = 'nyu_depth_v2_labeled.mat'

/**
 * Opens NYUDv2's original labelled file (`nyu_depth_v2_labeled.mat`, MATLAB 7.3, 2.8 GB), of which only what an example
 * needs is read. Beside it lie `splits.mat`, `classMapping40.mat` and, for 13 classes, `class13Mapping.mat`.
 *
 * The path is the file or its folder. Ids are 5000 + image number, as in the prepared layout. Pictures are 480×640, void is
 * 255 (65535 with 894 classes), depth becomes whole millimetres.
 *
 * Needs the optional peer h5wasm. Rejects with `hdf5/*`, `nyud/not-the-labelled-file`, `nyud/mapping-mismatch`,
 * `dataset/unknown-split`, `file/missing`. Source: Silberman et al. 2012; Gupta, Arbeláez and Malik 2013 (40 classes);
 * Couprie et al. 2013 (13 classes).
 */
export async function openNyudMat(path: string, options: NyudMatOptions = {}): Promise<Dataset<NyudMatSample>> {
  const { split = 'train', classes = 40 } = options
  const file = extname(path) === '.mat' ? path : join(path, nyudMatFile)
  const { shape, names } = await withFile(file, (data) => ({
    shape: checkShapes(data),
    names: data.readTexts('names'),
  }))
  const task = await readNyudTask(dirname(file), classes, names)
  const numbers = await readNyudSplit(dirname(file), split, shape.images)
  const window = windowOf(shape, options, file)
  return createDataset<NyudMatSample>({
    name: 'NYUDv2',
    split,
    classes: task.classes,
    ids: numbers.map((number) => String(firstId + number)),
    load: (id) =>
      withFile(file, (data) => readSample(new NyudImage(data, Number(id) - firstId - 1, window), id, task, options)),
  })
}

/** The prepared layout numbers the images from 5001. */
const firstId = 5000

/** Opened for each use, so that a data set that is let go of holds no file. */
async function withFile<T>(path: string, use: (file: Hdf5File) => T): Promise<T> {
  const file = await Hdf5File.open(path)
  try {
    return use(file)
  } finally {
    file.close()
  }
}

interface Shape {
  readonly images: number
  readonly height: number
  readonly width: number
}

/** MATLAB's axes are reversed in HDF5: images are [N, 3, W, H], the maps [N, W, H]. */
function checkShapes(file: Hdf5File): Shape {
  const shape = file.shape('images')
  const [images, channels, width, height] = shape
  if (shape.length !== 4 || channels !== 3) throw notTheFile(file.path, 'images', shape, 'images×3×width×height')
  for (const name of ['labels', 'instances', 'depths', 'rawDepths']) {
    const other = file.shape(name)
    const fits = other.length === 3 && other[0] === images && other[1] === width && other[2] === height
    if (!fits) throw notTheFile(file.path, name, other, `${images}×${width}×${height}, as "images" has`)
  }
  return { images, height, width }
}

function windowOf({ height, width }: Shape, { crop = false, maxPixels }: NyudMatOptions, file: string): Window {
  checkPixelCount(height, width, { name: file, maxPixels })
  if (!crop) return { top: 0, left: 0, height, width }
  if (height === 480 && width === 640) return nyudCrop
  throw new PixelwiseError('nyud/no-crop', {
    what: `${file} holds pictures of ${height}×${width}`,
    rule: 'the prepared layout cuts 425×560 from pictures of 480×640',
    next: 'leave crop out',
  })
}

function readSample(image: NyudImage, id: string, task: NyudTask, options: NyudMatOptions): NyudMatSample {
  const { height, width } = image.window
  const stored = image.read('labels')
  const labels = relabel(stored, task, height, width, image.place)
  validateLabels(labels, task.classes, image.place('labels'))
  const instances =
    options.instances && numberInstances({ height, width, labels: stored }, image.read('instances'), task.labelOf)
  return {
    id,
    image: image.picture(),
    labels,
    ...(instances && { instances: instances.map, instanceLabels: instances.labels }),
    ...(options.depth && { depth: millimetres(image.depth(options.depth === 'raw' ? 'rawDepths' : 'depths')) }),
    ...(options.hha && { hha: hhaOf(image, options) }),
  }
}

/** One image of the file; what it reads is turned to rows first. */
class NyudImage {
  readonly window: Window
  readonly #file: Hdf5File
  readonly #index: number

  constructor(file: Hdf5File, index: number, window: Window) {
    this.#file = file
    this.#index = index
    this.window = window
  }

  /** What an error calls a part of this image. */
  place = (name: string): string => `"${name}" of image ${this.#index + 1} in ${this.#file.path}`

  picture(): Raster<Uint8Array> {
    const { height, width } = this.window
    const { data } = this.#read('images', [[0, 3]])
    const picture = new Uint8Array(height * width * 3)
    for (let channel = 0, from = 0; channel < 3; channel++) {
      for (let column = 0; column < width; column++) {
        for (let at = column * 3 + channel; at < picture.length; at += 3 * width) picture[at] = data[from++]
      }
    }
    return { height, width, channels: 3, data: picture }
  }

  read(name: 'labels' | 'instances'): Uint16Array {
    const { data } = this.#read(name)
    return this.#rowsFirst(data, new Uint16Array(data.length))
  }

  /** `[H, W, 1]`, metres. */
  depth(name: 'depths' | 'rawDepths'): Raster<Float32Array> {
    const { height, width } = this.window
    const { data } = this.#read(name)
    return { height, width, channels: 1, data: this.#rowsFirst(data, new Float32Array(data.length)) }
  }

  #read(name: string, channels: Hdf5Ranges = []): Hdf5Array {
    const { top, left, height, width } = this.window
    const image: Hdf5Ranges = [[this.#index, this.#index + 1]]
    return this.#file.read(name, [...image, ...channels, [left, left + width], [top, top + height]])
  }

  #rowsFirst<Data extends Uint16Array | Float32Array>(data: Hdf5Array['data'], rows: Data): Data {
    const { height, width } = this.window
    for (let column = 0, from = 0; column < width; column++) {
      for (let row = 0; row < height; row++) rows[row * width + column] = data[from++]
    }
    return rows
  }
}

function relabel(
  stored: Uint16Array,
  { classes, labelOf }: NyudTask,
  height: number,
  width: number,
  place: (name: string) => string,
): LabelMap<Uint8Array | Uint16Array> {
  const labels = (classes.ignoreLabel ?? 0) > 255 ? new Uint16Array(stored.length) : new Uint8Array(stored.length)
  for (let i = 0; i < stored.length; i++) {
    if (stored[i] >= labelOf.length) {
      throw new PixelwiseError('labels/unknown-label', {
        what: `label ${stored[i]} at (${Math.floor(i / width)}, ${i % width}) of ${place('labels')}`,
        rule: `expected 0..${labelOf.length - 1}, the names of the file`,
        next: 'download the file again',
      })
    }
    labels[i] = labelOf[stored[i]]
  }
  return { height, width, labels }
}

function millimetres({ height, width, data }: Raster<Float32Array>): Raster<Uint16Array> {
  const rounded = Uint16Array.from(data, (metres) => Math.min(65_535, Math.max(0, Math.round(metres * 1000))))
  return { height, width, channels: 1, data: rounded }
}

function hhaOf(image: NyudImage, { camera = nyudColourCamera }: NyudMatOptions): Raster<Uint8Array> {
  return encodeHha(image.depth('depths'), {
    raw: image.depth('rawDepths'),
    camera: cropCamera(camera, image.window),
    metresPerUnit: 1,
  })
}

function notTheFile(path: string, name: string, shape: readonly number[], expected: string): PixelwiseError {
  return new PixelwiseError('nyud/not-the-labelled-file', {
    what: `"${name}" of ${path} is ${shape.join('×')}`,
    rule: `it should be ${expected}`,
    next: `pass ${nyudMatFile} as published`,
  })
}
