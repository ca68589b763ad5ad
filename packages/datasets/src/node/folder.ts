import { join } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { type ClassList, parseClassList } from '../classes/class-list.js'
import { vocPalette } from '../classes/palette.js'
import { encodeLabels } from '../codecs/label-png.js'
import { encodePng } from '../codecs/png-encode.js'
import type { Dataset, Sample } from '../dataset.js'
import { isPlainName } from '../formats/split-list.js'
import { fileDataset } from './file-dataset.js'
import { listFolder, readText } from './files.js'
import { type ReadOptions, readImage, readLabels } from './read-image.js'
import { readSplit, splitNames, splitProblems, unknownSplit } from './split-lists.js'
import { listFile, type SynthesizeOptions, writeScenes } from './write-scenes.js'

/** How a plain folder is read. */
export interface FolderOptions extends ReadOptions {
  /** A list `SPLIT.txt` beside the folders, or `all` (default): every picture in `images`. */
  readonly split?: string
  /** Default: the names in `classes.txt`, label 0 first, 255 ignored. */
  readonly classes?: ClassList
  /** Whether `labels` is read; default true. */
  readonly labels?: boolean
}

/**
 * Opens a folder of one's own: `images/ID.{png,jpg,jpeg}`, `labels/ID.png` (indexed or grey), `classes.txt`, and
 * optionally lists such as `train.txt`.
 *
 * Rejects with `file/missing`, `dataset/unknown-split`, `dataset/bad-id`, `dataset/no-classes`, `folder/bad-name`,
 * `folder/two-images`; reading an example
 * rejects as with `openVoc`.
 *
 * @example
 * const mine = await openFolder('my-data', { split: 'val' })
 */
export async function openFolder(root: string, options: FolderOptions = {}): Promise<Dataset<Sample>> {
  const { split = 'all', labels = true } = options
  const images = await findImages(join(root, 'images'))
  const lists = await splitNames(root)
  const ids =
    split === 'all' ? [...images.keys()] : await readSplit(root, split, lists).catch(addAll(root, split, lists))
  const classFile = join(root, 'classes.txt')
  const classes = options.classes ?? parseClassList(await readText(classFile), classFile)
  return fileDataset({
    name: 'folder',
    split,
    classes,
    ids,
    files: (id) => {
      const imageFile = join(root, 'images', images.get(id) ?? `${id}.png`)
      const labelFile = join(root, 'labels', `${id}.png`)
      return {
        image: { file: imageFile, read: () => readImage(imageFile, options) },
        ...(labels && { labels: { file: labelFile, read: () => readLabels(labelFile, options), classes: classes } }),
      }
    },
    lists: () => splitProblems(root, lists),
  })
}

/** An unknown split is told with `all` among the choices. */
function addAll(root: string, split: string, lists: readonly string[]): (error: unknown) => never {
  return (error) => {
    if (error instanceof PixelwiseError && error.code === 'dataset/unknown-split')
      throw unknownSplit(root, split, ['all', ...lists])
    throw error
  }
}

/** Picture files by id, in the order of their names. */
async function findImages(folder: string): Promise<Map<string, string>> {
  const images = new Map<string, string>()
  for (const name of await listFolder(folder)) {
    const id = /^(.+)\.(png|jpe?g)$/i.exec(name)?.[1]
    if (id === undefined || name.startsWith('.')) continue
    if (!isPlainName(id)) throw badName(folder, name)
    const other = images.get(id)
    if (other !== undefined) {
      throw new PixelwiseError('folder/two-images', {
        what: `${folder} holds both ${other} and ${name}`,
        rule: 'an id stands for one picture',
        next: 'rename or remove one of them',
      })
    }
    images.set(id, name)
  }
  return images
}

/** A picture that no list could name would be left out of everything unnoticed. */
function badName(folder: string, name: string): PixelwiseError {
  return new PixelwiseError('folder/bad-name', {
    what: `the picture ${JSON.stringify(name)} in ${folder}`,
    rule: 'a name without its ending is an id: letters, digits, "_", "-", "." and spaces, 200 at most',
    next: 'rename the picture and its labels',
  })
}

/** Writes a synthetic data set as a plain folder with PNG images and the lists `train.txt` and `val.txt`; errors as `synthesizeVoc`. */
export async function synthesizeFolder(root: string, options: SynthesizeOptions = {}): Promise<void> {
  const palette = vocPalette()
  await writeScenes(root, options, {
    name: 'folder',
    files: async ({ id, scene }) => ({
      [`images/${id}.png`]: encodePng(scene.image),
      [`labels/${id}.png`]: encodeLabels(scene.labels, palette),
    }),
    lists: ({ train, val }, classes) => ({
      'train.txt': listFile(train),
      'val.txt': listFile(val),
      'classes.txt': listFile(classes),
    }),
  })
}
