import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Rng } from '@pixelwise/masks/shared'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { vocPalette } from '../classes/palette.js'
import { vocClasses } from '../classes/voc.js'
import { encodeLabels } from '../codecs/label-png.js'
import { encodePng } from '../codecs/png-encode.js'
import { synthesizeScene } from '../synthetic/scene.js'
import { synthesizeVoc } from './synthesize-voc.js'
import { openVoc } from './voc.js'

let folder: string
let root: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'voc-'))
  root = join(folder, 'scenes')
  await synthesizeVoc(root, { train: 4, val: 2, seed: 5, height: 40, width: 56 })
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** A copy of the synthetic set that a test may damage. */
async function copyOf(name: string): Promise<string> {
  const copy = join(folder, name)
  await cp(root, copy, { recursive: true })
  return copy
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  )
  return (error instanceof Error ? error.message : String(error)).replaceAll(folder, '')
}

describe('synthesizeVoc', () => {
  test('writes the layout of PASCAL VOC', async () => {
    expect((await readdir(root)).sort()).toEqual([
      'Annotations',
      'ImageSets',
      'JPEGImages',
      'SegmentationClass',
      'SegmentationObject',
      'classes.txt',
      'synthetic.json',
    ])
    expect(await readFile(join(root, 'ImageSets/Segmentation/trainval.txt'), 'utf8')).toBe(
      'train_000000\ntrain_000001\ntrain_000002\ntrain_000003\nval_000000\nval_000001\n',
    )
    const { format, width, height, isPalette } = await sharp(join(root, 'SegmentationClass/val_000001.png')).metadata()
    expect({ format, width, height, isPalette }).toEqual({
      format: 'png',
      width: 56,
      height: 40,
      isPalette: true,
    })
  })

  test('reports progress and writes scenes that do not depend on how many there are', async () => {
    const progress: string[] = []
    const other = join(folder, 'more')
    await synthesizeVoc(other, {
      train: 5,
      val: 1,
      seed: 5,
      height: 40,
      width: 56,
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    })
    expect(progress).toEqual(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6'])
    for (const file of [
      'JPEGImages/train_000003.jpg',
      'SegmentationClass/val_000000.png',
      'Annotations/train_000001.xml',
    ]) {
      const [mine, theirs] = await Promise.all([root, other].map((place) => readFile(join(place, file))))
      expect(theirs.equals(mine), file).toBe(true)
    }
  })

  test('goes into empty folders and replaces only what it made itself', async () => {
    const foreign = join(folder, 'foreign')
    await mkdir(foreign)
    await synthesizeVoc(foreign, { train: 1, val: 0, height: 16, width: 16 })
    expect(await messageOf(synthesizeVoc(foreign, { train: 1, val: 0 }))).toMatchInlineSnapshot(
      `"/foreign already holds 7 entries: a synthetic data set goes into a new or empty folder; choose another folder, or pass overwrite to replace an earlier synthesis"`,
    )
    await synthesizeVoc(foreign, { train: 2, val: 0, height: 16, width: 16, overwrite: true })
    expect((await openVoc(foreign)).length).toBe(2)
    await rm(join(foreign, 'synthetic.json'))
    expect(await messageOf(synthesizeVoc(foreign, { overwrite: true }))).toMatchInlineSnapshot(
      `"/foreign already holds 6 entries: only folders with a synthetic.json, written by an earlier synthesis, are replaced; choose another folder"`,
    )
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([])
  })

  test('keeps a file that lies where it should go', async () => {
    const file = join(folder, 'notes.txt')
    await writeFile(file, 'mine')
    for (const options of [{}, { overwrite: true }]) {
      expect(await messageOf(synthesizeVoc(file, options))).toBe(
        '/notes.txt is no folder that can be written (ENOTDIR): a synthetic data set goes into a new or empty folder; choose another folder',
      )
    }
    expect(await messageOf(synthesizeVoc(join(file, 'scenes')))).toContain('(ENOTDIR): a synthetic data set')
    expect(await readFile(file, 'utf8')).toBe('mine')
  })

  test('leaves nothing behind when it fails', async () => {
    expect(await messageOf(synthesizeVoc(join(folder, 'failed'), { classes: ['dragon'] }))).toBe(
      'unknown object class "dragon": known: ball, crate, kite, ring, star; choose among these',
    )
    expect((await readdir(folder)).filter((name) => name.includes('failed'))).toEqual([])
  })
})

describe('openVoc', () => {
  test('hands on the keypoints that a function of the user reads', async () => {
    const nose = { type: 'nose', x: 12.5, y: 30, object: 0 }
    const asked: string[] = []
    const keypoints = async (id: string) => {
      asked.push(id)
      return [nose]
    }
    const voc = await openVoc(root, { split: 'val', keypoints })
    expect(asked).toEqual([])
    const { id, keypoints: found } = await voc.at(0)
    expect({ asked, found }).toEqual({ asked: [id], found: [nose] })
  })

  test('gives back what was synthesised', async () => {
    const voc = await openVoc(root, { split: 'val', instances: true, objects: true })
    expect([voc.length, voc.split, voc.ids]).toEqual([2, 'val', ['val_000000', 'val_000001']])
    expect(voc.classes.names).toEqual(['background', 'ball', 'crate', 'kite', 'ring', 'star'])
    const scene = synthesizeScene(new Rng(5).split('val_000001'), { height: 40, width: 56 })
    const sample = await voc.at(1)
    expect(sample).toEqual(await voc.byId('val_000001'))
    expect(sample.labels).toEqual(scene.labels)
    expect(sample.instances).toEqual(scene.instances)
    expect(
      sample.objects?.map(({ name, box }) => [name, box.xmin - 1, box.ymin - 1, box.xmax - 1, box.ymax - 1]),
    ).toEqual(scene.objects.map(({ className, box }) => [className, box.left, box.top, box.right, box.bottom]))
    const error = sample.image.data.reduce((sum, value, i) => sum + Math.abs(value - scene.image.data[i]), 0)
    // JPEG at quality 95 changes these pictures by one to two grey levels on average.
    expect(error / sample.image.data.length).toBeLessThan(4)
  })

  test('finds a year below the root', async () => {
    await cp(root, join(folder, 'VOCdevkit', 'VOC2012'), { recursive: true })
    expect((await openVoc(folder, { year: 2012, split: 'trainval' })).length).toBe(6)
    expect(await messageOf(openVoc(folder, { year: 2007 }))).toMatchInlineSnapshot(
      `"no ImageSets/Segmentation in /VOC2007 or /VOCdevkit/VOC2007: a VOC folder holds JPEGImages, SegmentationClass and ImageSets/Segmentation; pass the folder that holds VOCdevkit, or another year"`,
    )
  })

  test('says which splits and ids there are', async () => {
    expect(await messageOf(openVoc(root, { split: 'vall' }))).toMatchInlineSnapshot(
      `"unknown split "vall": /scenes/ImageSets/Segmentation holds: train, trainval, val; did you mean "val"?"`,
    )
    const voc = await openVoc(root)
    expect(await messageOf(voc.at(4))).toBe(
      'example 4 of PASCAL VOC layout (train): expected an integer 0..3; use dataset.length as the bound',
    )
    expect(await messageOf(voc.byId('train_00001'))).toBe(
      'PASCAL VOC layout (train) has no example "train_00001": ids are those of the split\'s list (4 of them, first "train_000000"); did you mean "train_000001"?',
    )
  })

  test('refuses split lists that lead out of the folder', async () => {
    const copy = await copyOf('traversal')
    await writeFile(join(copy, 'ImageSets/Segmentation/train.txt'), 'train_000000\n../../../etc/passwd\n')
    expect(await messageOf(openVoc(copy))).toMatchInlineSnapshot(
      `"line 2 of /traversal/ImageSets/Segmentation/train.txt is "../../../etc/passwd": an id is a file name without folders: letters, digits, "_", "-", "." and spaces, not starting with "."; correct or remove the line"`,
    )
  })

  test('names missing files, wrong sizes, unknown labels and colour labels', async () => {
    const copy = await copyOf('damaged')
    const labelFile = (i: number) => join(copy, `SegmentationClass/train_00000${i}.png`)
    await rm(join(copy, 'JPEGImages/train_000000.jpg'))
    await writeFile(labelFile(1), encodeLabels({ height: 2, width: 3, labels: new Uint8Array(6) }, vocPalette()))
    const labels = new Uint8Array(40 * 56)
    labels[12 * 56 + 40] = 38
    await writeFile(labelFile(2), encodeLabels({ height: 40, width: 56, labels }, vocPalette()))
    await writeFile(labelFile(3), encodePng({ height: 40, width: 56, channels: 3, data: new Uint8Array(40 * 56 * 3) }))
    const voc = await openVoc(copy)
    expect(await messageOf(voc.at(0))).toMatchInlineSnapshot(
      `"/damaged/JPEGImages/train_000000.jpg does not exist: the data set needs it; check the path, or restore the file"`,
    )
    expect(await messageOf(voc.at(1))).toMatchInlineSnapshot(
      `"/damaged/SegmentationClass/train_000001.png is 2×3, /damaged/JPEGImages/train_000001.jpg is 40×56: an image and its labels have the same height and width; restore the file that was resized or rotated"`,
    )
    expect(await messageOf(voc.at(2))).toMatchInlineSnapshot(
      `"label 38 at (12, 40) of /damaged/SegmentationClass/train_000002.png: expected 0..5 or 255 (ignore); pass the right classes or run "pixelwise datasets check""`,
    )
    expect(await messageOf(voc.at(3))).toMatchInlineSnapshot(
      `"/damaged/SegmentationClass/train_000003.png is a PNG of kind "rgb": label maps are indexed or grey PNGs whose stored values are the labels; convert its colours with labelsFromColours(image, palette) and store the result with encodeLabels"`,
    )
  })
})

const lowest = (values: number[]) => values.reduce((a, b) => Math.min(a, b))
const highest = (values: number[]) => values.reduce((a, b) => Math.max(a, b))

const samples = fileURLToPath(new URL('../../../../../shared/data/voc2007_seg', import.meta.url))

describe.skipIf(!existsSync(samples))('the genuine VOC 2007 samples', () => {
  test('load with labels, instances and boxes that agree with each other', async () => {
    const voc = await openVoc(samples, { instances: true, objects: true })
    expect(voc.length).toBe(20)
    for (const id of voc.ids) {
      const { labels, instances, objects } = await voc.byId(id)
      if (labels === undefined || instances === undefined || objects === undefined)
        throw new Error('asked for all three')
      for (let instance = 1; instance <= objects.length; instance++) {
        const at = [...instances.labels.keys()].filter((i) => instances.labels[i] === instance)
        if (at.length === 0) continue
        const classes = new Set(at.map((i) => vocClasses.names[labels.labels[i]]))
        expect(classes, `${id} instance ${instance}`).toEqual(new Set([objects[instance - 1].name]))
        const { xmin, xmax, ymin, ymax } = objects[instance - 1].box
        const columns = at.map((i) => (i % instances.width) + 1)
        const rows = at.map((i) => Math.floor(i / instances.width) + 1)
        const [left, right, top, bottom] = [lowest(columns), highest(columns), lowest(rows), highest(rows)]
        const overlap =
          Math.max(0, Math.min(right, xmax) - Math.max(left, xmin) + 1) *
          Math.max(0, Math.min(bottom, ymax) - Math.max(top, ymin) + 1)
        const areas = (right - left + 1) * (bottom - top + 1) + (xmax - xmin + 1) * (ymax - ymin + 1)
        // Boxes and masks were drawn separately; the least alike pair of these 20 images has an IoU of 0.38.
        expect(overlap / (areas - overlap), `${id} instance ${instance}`).toBeGreaterThan(0.35)
      }
    }
  })

  test('have the labels that sharp reads from the same files', async () => {
    const voc = await openVoc(samples)
    const { id, labels } = await voc.at(3)
    const rgb = await sharp(join(samples, `SegmentationClass/${id}.png`))
      .removeAlpha()
      .raw()
      .toBuffer()
    const palette = vocPalette()
    const painted = [...(labels?.labels ?? [])].flatMap((label) => [...palette.subarray(label * 3, label * 3 + 3)])
    expect(Buffer.from(painted).equals(rgb)).toBe(true)
  })
})
