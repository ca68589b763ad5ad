import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { Rng } from '@pixelwise/masks/shared'
import { vocPalette } from '../classes/palette.js'
import { encodeLabels } from '../codecs/label-png.js'
import { formatVocAnnotation } from '../formats/voc-annotation.js'
import { objectKinds } from '../synthetic/object-kinds.js'
import { type Scene, type SceneOptions, synthesizeScene } from '../synthetic/scene.js'
import { nodeJpegCodec } from './sharp-codec.js'
import { type WriteOptions, writeAside } from './write-aside.js'

/** What a synthetic VOC data set holds. */
export interface SynthesizeVocOptions extends WriteOptions, Partial<SceneOptions> {
  /** Number of training and of validation images. Default 400 and 100. */
  readonly train?: number
  readonly val?: number
  /** Equal seeds give equal scenes; scene i does not depend on how many there are. Default 0. */
  readonly seed?: string | number
  /** Which JPEG encoder; default sharp where installed. */
  readonly codec?: 'auto' | 'sharp' | 'jpeg-js'
  /** JPEG quality 1..100; default 95. */
  readonly quality?: number
  /** Called after each image. */
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Writes a synthetic data set in PASCAL VOC's exact layout, with a `classes.txt` that `openVoc` reads.
 *
 * Images are 96×96 unless told otherwise. Rejects with `synthesis/not-empty` (see `overwrite`),
 * `synthetic/unknown-class`, `synthetic/bad-size`. Written aside and renamed when complete.
 *
 * @example
 * await synthesizeVoc('scenes', { train: 400, val: 100, seed: 1 })
 */
export async function synthesizeVoc(root: string, options: SynthesizeVocOptions = {}): Promise<void> {
  const { train = 400, val = 100, seed = 0, height = 96, width = 96, quality = 95, onProgress } = options
  const classes = options.classes ?? Object.keys(objectKinds)
  const codec = await nodeJpegCodec(options.codec)
  const palette = vocPalette()
  const rng = new Rng(seed)
  const splits = { train: idsOf('train', train), val: idsOf('val', val) }
  const ids = [...splits.train, ...splits.val]
  const record = { layout: 'voc', seed, train, val, height, width, classes }

  await writeAside(root, options, record, async (folder) => {
    for (const name of [
      'JPEGImages',
      'SegmentationClass',
      'SegmentationObject',
      'Annotations',
      'ImageSets/Segmentation',
    ]) {
      await mkdir(join(folder, name), { recursive: true })
    }
    for (const [done, id] of ids.entries()) {
      const scene = synthesizeScene(rng.split(id), { ...options, height, width, classes })
      await writeFile(join(folder, 'JPEGImages', `${id}.jpg`), await codec.encode(scene.image, quality))
      await writeFile(join(folder, 'SegmentationClass', `${id}.png`), encodeLabels(scene.labels, palette))
      await writeFile(join(folder, 'SegmentationObject', `${id}.png`), encodeLabels(scene.instances, palette))
      await writeFile(join(folder, 'Annotations', `${id}.xml`), annotationOf(scene, id, basename(resolve(root))))
      onProgress?.(done + 1, ids.length)
    }
    for (const [split, members] of Object.entries({ ...splits, trainval: ids })) {
      await writeFile(join(folder, 'ImageSets/Segmentation', `${split}.txt`), members.map((id) => `${id}\n`).join(''))
    }
    await writeFile(join(folder, 'classes.txt'), ['background', ...classes].map((name) => `${name}\n`).join(''))
  })
}

function idsOf(split: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${split}_${String(i).padStart(6, '0')}`)
}

function annotationOf({ image, objects }: Scene, id: string, folder: string): string {
  return formatVocAnnotation(
    {
      filename: `${id}.jpg`,
      height: image.height,
      width: image.width,
      objects: objects.map(({ className, box }) => ({
        name: className,
        pose: 'Unspecified',
        truncated: box.left === 0 || box.top === 0 || box.right === image.width - 1 || box.bottom === image.height - 1,
        difficult: false,
        box: { xmin: box.left + 1, ymin: box.top + 1, xmax: box.right + 1, ymax: box.bottom + 1 },
      })),
    },
    folder,
  )
}
