import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Rng } from '@pixelwise/masks/shared'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDataset } from '../checks/check-dataset.js'
import { datasetStatistics } from '../checks/statistics.js'
import { camvidClasses } from '../classes/camvid.js'
import { encodePng } from '../codecs/png-encode.js'
import { synthesizeScene } from '../synthetic/scene.js'
import { openCamvid } from './camvid.js'
import { openFolder } from './folder.js'
import { datasetLayouts } from './layouts.js'
import { openVoc } from './voc.js'

let folder: string
const names = datasetLayouts().names()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layouts-'))
  for (const name of names) {
    await datasetLayouts()
      .get(name)
      .synthesize(join(folder, name), { train: 3, val: 2, seed: 9, height: 32, width: 40 })
  }
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  )
  return (error instanceof Error ? error.message : String(error)).replaceAll(folder, '')
}

describe.each(names)('the layout "%s"', (name) => {
  const layout = datasetLayouts().get(name)

  test('opens what it synthesises, without a problem', async () => {
    for (const [split, length] of [
      [layout.splits.train, 3],
      [layout.splits.heldOut, 2],
    ] as const) {
      const dataset = await layout.open(join(folder, name), { split })
      expect([dataset.length, dataset.split]).toEqual([length, split])
      const report = await checkDataset(dataset)
      const expected = name === 'nyud' ? ['test', 'train'].map((list) => `${list}.txt does not end with a newline`) : []
      expect(report.problems.map(({ message }) => message.replace(/^.*\/(\w+\.txt .*?):.*$/, '$1'))).toEqual(expected)
      expect(report.examples).toBe(length)
    }
  })

  test('gives back the image and labels of the scene', async () => {
    const dataset = await layout.open(join(folder, name), { split: layout.splits.train })
    const { id, image, labels } = await dataset.at(1)
    // COCO's ids are numbers; file names pad them to twelve digits.
    const sceneId = name === 'coco' ? id.padStart(12, '0') : id
    const scene = synthesizeScene(new Rng(9).split(sceneId), { height: 32, width: 40 })
    // SBD and COCO have no void around objects and PASCAL-Context ignores nothing: there the outlines are background.
    const outline = ['sbd', 'coco'].includes(name) ? 0 : (dataset.classes.ignoreLabel ?? 0)
    expect(labels?.labels).toEqual(scene.labels.labels.map((label) => (label === 255 ? outline : label)))
    const error = image.data.reduce((sum, value, i) => sum + Math.abs(value - scene.image.data[i]), 0)
    // JPEG at quality 95; PNG layouts give 0.
    expect(error / image.data.length).toBeLessThan(4)
  })

  test('names the splits it knows', async () => {
    const message = await messageOf(layout.open(join(folder, name), { split: `${layout.splits.train}s` }))
    expect(message).toContain(`unknown split "${layout.splits.train}s": `)
    expect(message).toContain(`; did you mean "${layout.splits.train}"?`)
  })
})

describe('openFolder', () => {
  test('takes every picture when no split is named', async () => {
    const dataset = await openFolder(join(folder, 'folder'))
    expect(dataset.ids).toEqual(['train_000000', 'train_000001', 'train_000002', 'val_000000', 'val_000001'])
    expect(dataset.classes.names).toEqual(['background', 'ball', 'crate', 'kite', 'ring', 'star'])
  })

  test('asks for the class list', async () => {
    const root = join(folder, 'no classes')
    await datasetLayouts().get('folder').synthesize(root, { train: 1, val: 0, height: 16, width: 16 })
    await rename(join(root, 'classes.txt'), join(root, 'Classes.csv'))
    expect(await messageOf(openFolder(root))).toBe(
      '/no classes/classes.txt does not exist: the data set needs it; did you mean "Classes.csv"?',
    )
  })

  test('says that lists name pictures without ending', async () => {
    const root = join(folder, 'endings')
    await datasetLayouts().get('folder').synthesize(root, { train: 1, val: 0, height: 16, width: 16 })
    const list = join(root, 'train.txt')
    await writeFile(list, 'train_000000.png\n')
    const first = async () => messageOf((await openFolder(root, { split: 'train' })).at(0))
    expect(await first()).toBe(
      '/endings/images/train_000000.png.png does not exist: the data set needs it; write "train_000000" in the list, not "train_000000.png": names stand there without ending',
    )
    await writeFile(list, 'other.png\n')
    expect(await first()).toBe(
      '/endings/images/other.png.png does not exist: the data set needs it; check the path, or restore the file',
    )
  })

  test('refuses a class list without a class', async () => {
    const classes = join(folder, 'folder', 'classes.txt')
    const text = await readFile(classes, 'utf8')
    await writeFile(classes, '\n')
    expect(await messageOf(openFolder(join(folder, 'folder')))).toBe(
      '/folder/classes.txt names no class: it has one name per line, that of label 0 first; write the names into it',
    )
    await writeFile(classes, text)
  })

  test('refuses a picture that no list can name, and takes letters of all scripts, composed or not', async () => {
    const image = await readFile(join(folder, 'folder', 'images', 'val_000000.png'))
    const odd = join(folder, 'folder', 'images', 'IMG 7 (1).png')
    await writeFile(odd, image)
    expect(await messageOf(openFolder(join(folder, 'folder')))).toBe(
      'the picture "IMG 7 (1).png" in /folder/images: a name without its ending is an id: letters, digits, "_", "-", "." and spaces, 200 at most; rename the picture and its labels',
    )
    await rm(odd)
    const mine = join(folder, 'folder', 'images', `${'Übung'.normalize('NFD')} 図.png`)
    await writeFile(mine, image)
    expect((await openFolder(join(folder, 'folder'))).length).toBe(6)
    await rm(mine)
  })

  test('refuses two pictures with one id', async () => {
    const root = join(folder, 'twice')
    await datasetLayouts().get('folder').synthesize(root, { train: 1, val: 0, height: 16, width: 16 })
    await writeFile(join(root, 'images/train_000000.jpg'), '')
    expect(await messageOf(openFolder(root))).toBe(
      '/twice/images holds both train_000000.jpg and train_000000.png: an id stands for one picture; rename or remove one of them',
    )
  })
})

describe('openCamvid', () => {
  test('refuses lines that are not an image and its labels', async () => {
    const root = join(folder, 'camvid lines')
    await datasetLayouts().get('camvid').synthesize(root, { train: 1, val: 1, height: 16, width: 16 })
    await writeFile(join(root, 'train.txt'), '/a/x.png /b/y.png\n')
    expect(await messageOf(openCamvid(root))).toBe(
      'line 1 of /camvid lines/train.txt is "/a/x.png /b/y.png": a line holds the paths of an image and of its labels, PNG files of the same name; correct or remove the line',
    )
  })

  const samples = fileURLToPath(new URL('../../../../../shared/data/camvid/CamVid', import.meta.url))

  test.skipIf(!existsSync(samples))('reads the genuine files that are there', async () => {
    const dataset = await openCamvid(samples, { onlyExisting: true, split: 'val' })
    expect(dataset.length).toBe(101)
    for (const index of [0, 50, 100]) {
      const { image, labels } = await dataset.at(index)
      expect([image.height, image.width, labels?.height, labels?.width]).toEqual([360, 480, 360, 480])
      expect(labels?.labels.every((label) => label <= 11)).toBe(true)
    }
    expect(camvidClasses.names.length).toBe(11)
    expect((await openCamvid(samples)).length).toBe(367)
  })
})

describe('checkDataset', () => {
  test('reports every problem with file and pixel, and goes on', async () => {
    const root = join(folder, 'broken')
    await datasetLayouts().get('voc').synthesize(root, { train: 5, val: 1, seed: 2, height: 32, width: 32 })
    const labels = new Uint8Array(32 * 32)
    labels.set([38, 38, 99], 100)
    await writeFile(
      join(root, 'SegmentationClass/train_000000.png'),
      encodePng({ height: 32, width: 32, channels: 1, data: labels }),
    )
    await writeFile(
      join(root, 'SegmentationClass/train_000001.png'),
      encodePng({ height: 1, width: 1, channels: 3, data: new Uint8Array(3) }),
    )
    const jpeg = await readFile(join(root, 'JPEGImages/train_000002.jpg'))
    await writeFile(join(root, 'JPEGImages/train_000002.jpg'), jpeg.subarray(0, 200))
    await rm(join(root, 'SegmentationClass/train_000003.png'))
    await writeFile(join(root, 'Annotations/train_000004.xml'), '<annotation></annotation>')
    await writeFile(
      join(root, 'ImageSets/Segmentation/train.txt'),
      'train_000000\ntrain_000001\ntrain_000002\ntrain_000003\ntrain_000004\ntrain_000004\nval_000000',
    )
    const done: number[] = []
    const report = await checkDataset(await openVoc(root, { objects: true }), {
      onProgress: (count) => done.push(count),
    })
    expect(done).toEqual([1, 2, 3, 4, 5, 6])
    expect(report.problems.map(({ code, id }) => `${code} ${id ?? ''}`)).toEqual([
      'dataset/duplicate-id train_000004',
      'dataset/no-final-newline ',
      'dataset/shared-id val_000000',
      'labels/unknown-label train_000000',
      'labels/unknown-label train_000000',
      'labels/colour-image train_000001',
      'jpeg/damaged train_000002',
      'file/missing train_000003',
      'voc/bad-annotation train_000004',
    ])
    const messages = report.problems.map(({ message }) => message.replaceAll(folder, ''))
    expect(messages[0]).toBe(
      'line 6 of /broken/ImageSets/Segmentation/train.txt repeats "train_000004" of line 5: an id stands once in a split; remove one of the lines',
    )
    expect(messages[1]).toBe(
      '/broken/ImageSets/Segmentation/train.txt does not end with a newline: lists that are joined with such a file lose an id; add the newline',
    )
    expect(messages[3]).toBe(
      'label 38 at (3, 4) and 1 more pixels of /broken/SegmentationClass/train_000000.png: expected 0..5 or 255 (ignore); mend the label map, or complete the list of classes',
    )
    expect(messages[4]).toContain('label 99 at (3, 6) of ')
  })

  test('counts classes', async () => {
    const dataset = await openFolder(join(folder, 'folder'), { split: 'val' })
    const report = await checkDataset(dataset)
    const all = [...report.classPixels, report.ignoredPixels].reduce((sum, count) => sum + count, 0)
    expect(all).toBe(2 * 32 * 40)
    const maps = await Promise.all([dataset.at(0), dataset.at(1)])
    for (let label = 0; label < 6; label++) {
      const counts = maps.map(
        ({ labels }) => Array.from(labels?.labels ?? []).filter((value) => value === label).length,
      )
      expect(report.classPixels[label]).toBe(counts[0] + counts[1])
      expect(report.classImages[label]).toBe(counts.filter((count) => count > 0).length)
    }
  })

  test('an empty list is a problem', async () => {
    const list = join(folder, 'folder', 'empty.txt')
    await writeFile(list, '')
    const { examples, problems } = await checkDataset(await openFolder(join(folder, 'folder'), { split: 'empty' }))
    expect({ examples, problems }).toEqual({
      examples: 0,
      problems: [
        {
          code: 'dataset/no-examples',
          message: 'folder, empty has no examples: there is nothing to learn from or to score on; fill its list',
        },
      ],
    })
    await rm(list)
  })

  test('also checks data sets that come from memory', async () => {
    const dataset = await openFolder(join(folder, 'folder'), { split: 'val' })
    const { inspector: _, ...rest } = dataset
    const memory = {
      ...rest,
      ids: ['a', 'b', 'a'],
      byId: async (id: string) => ({
        id,
        image: { height: 1, width: 2, channels: 3, data: new Uint8Array(6) },
        labels:
          id === 'a'
            ? { height: 1, width: 2, labels: Uint8Array.of(0, 7) }
            : { height: 1, width: 1, labels: Uint8Array.of(1) },
      }),
    }
    expect((await checkDataset(memory)).problems.map(({ message }) => message)).toEqual([
      'example 2 of folder (val) repeats the id "a": an id stands once in a split; remove one of them',
      'label 7 at (0, 1) of "a": expected 0..5 or 255 (ignore); mend the label map, or complete the list of classes',
      'labels of "b" is 1×1, the image of "b" is 1×2: an image and its labels have the same height and width; restore the file that was resized or rotated',
    ])
  })
})

test('datasetStatistics measures means and class balance', async () => {
  const dataset = await openFolder(join(folder, 'folder'), { split: 'train' })
  const statistics = await datasetStatistics(dataset)
  const samples = await Promise.all([0, 1, 2].map((i) => dataset.at(i)))
  const reds = samples.flatMap(({ image }) => [...image.data].filter((_, i) => i % 3 === 0))
  const mean = reds.reduce((sum, value) => sum + value, 0) / reds.length
  const variance = reds.reduce((sum, value) => sum + (value - mean) ** 2, 0) / reds.length
  expect(statistics.pixels).toBe(3 * 32 * 40)
  expect(statistics.mean[0]).toBeCloseTo(mean, 9)
  expect(statistics.standardDeviation[0]).toBeCloseTo(Math.sqrt(variance), 6)
  expect(statistics.classShares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
  expect(statistics.classPixels).toEqual((await checkDataset(dataset)).classPixels)
})
