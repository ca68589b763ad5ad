import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Rng } from '@pixelwise/masks/shared'
import type { JpegCodec } from '../codecs/jpeg.js'
import { objectKinds } from '../synthetic/object-kinds.js'
import { type Scene, type SceneOptions, synthesizeScene } from '../synthetic/scene.js'
import { nodeJpegCodec } from './sharp-codec.js'
import { type WriteOptions, writeAside } from './write-aside.js'

/** What a synthetic data set holds. */
export interface SynthesizeOptions extends WriteOptions, Partial<SceneOptions> {
  /** Number of training and of validation images. Default 400 and 100. */
  readonly train?: number
  readonly val?: number
  /** Equal seeds give equal scenes; a scene does not depend on how many there are. Default 0. */
  readonly seed?: string | number
  /** Which JPEG encoder, where the layout has JPEG files; default sharp where installed. */
  readonly codec?: 'auto' | 'sharp' | 'jpeg-js'
  /** JPEG quality 1..100; default 95. */
  readonly quality?: number
  /** Called after each image. */
  readonly onProgress?: (done: number, total: number) => void
}

/** One scene on its way to disk. */
export interface SceneToWrite {
  readonly id: string
  readonly split: 'train' | 'val'
  readonly scene: Scene
  /** The image as a JPEG file. */
  jpeg(): Promise<Uint8Array>
}

/** How scenes become files of a layout. */
export interface SceneLayout {
  readonly name: string
  /** The id of scene `index` of a split; default `train_000000`. */
  readonly idOf?: (split: 'train' | 'val', index: number) => string
  /** The files of one example, by path within the data set. */
  files(scene: SceneToWrite): Promise<Readonly<Record<string, Uint8Array | string>>>
  /** Lists and other files of the whole set. */
  lists(
    splits: { readonly train: readonly string[]; readonly val: readonly string[] },
    classes: readonly string[],
  ): Readonly<Record<string, Uint8Array | string>>
}

/** Draws the scenes that the options ask for and writes them in a layout; see `synthesizeVoc` for the errors. */
export async function writeScenes(root: string, options: SynthesizeOptions, layout: SceneLayout): Promise<void> {
  const { train = 400, val = 100, seed = 0, height = 96, width = 96, quality = 95, onProgress } = options
  const classes = options.classes ?? Object.keys(objectKinds)
  const codec: JpegCodec = await nodeJpegCodec(options.codec)
  const rng = new Rng(seed)
  const idOf = layout.idOf ?? ((split, index) => `${split}_${String(index).padStart(6, '0')}`)
  const idsOf = (split: 'train' | 'val', count: number) => Array.from({ length: count }, (_, i) => idOf(split, i))
  const splits = { train: idsOf('train', train), val: idsOf('val', val) }
  const record = { layout: layout.name, seed, train, val, height, width, classes }

  await writeAside(root, options, record, async (folder) => {
    let done = 0
    for (const split of ['train', 'val'] as const) {
      for (const id of splits[split]) {
        const scene = synthesizeScene(rng.split(id), { ...options, height, width, classes })
        const jpeg = () => codec.encode(scene.image, quality)
        await writeFiles(folder, await layout.files({ id, split, scene, jpeg }))
        onProgress?.(++done, train + val)
      }
    }
    await writeFiles(folder, layout.lists(splits, ['background', ...classes]))
  })
}

/** One id per line, each line ended. */
export function listFile(ids: readonly string[]): string {
  return ids.map((id) => `${id}\n`).join('')
}

async function writeFiles(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
}
