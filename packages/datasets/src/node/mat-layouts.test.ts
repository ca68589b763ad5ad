import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Rng } from '@pixelwise/masks/shared'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDataset } from '../checks/check-dataset.js'
import { nyud40Classes } from '../classes/nyud.js'
import { pascalContextClasses } from '../classes/pascal-context.js'
import { siftFlowClasses } from '../classes/sift-flow.js'
import { vocClasses } from '../classes/voc.js'
import { contextMapping, parseContextNames } from '../formats/pascal-context-labels.js'
import { parseSplitList } from '../formats/split-list.js'
import { decodeMat } from '../mat/mat-decode.js'
import { encodeMat, matMatrix } from '../mat/mat-encode.js'
import { synthesizeScene } from '../synthetic/scene.js'
import { openNyud } from './nyud.js'
import { openPascalContext, synthesizePascalContext } from './pascal-context.js'
import { openSbd } from './sbd.js'
import { openSiftFlow, synthesizeSiftFlow } from './sift-flow.js'
import { synthesizeNyud } from './synthesize-nyud.js'
import { synthesizeSbd } from './synthesize-sbd.js'

const size = { train: 5, val: 1, seed: 3, height: 32, width: 44 }
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mat-'))
  await synthesizeSbd(join(folder, 'sbd', 'benchmark_RELEASE', 'dataset'), size)
  await synthesizeSiftFlow(join(folder, 'sift'), size)
  await synthesizeNyud(join(folder, 'nyud'), size)
  await synthesizePascalContext(join(folder, 'context'), size)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  )
  return (error instanceof Error ? error.message : String(error)).replaceAll(folder, '')
}

describe('openSbd', () => {
  test('gives instances with their classes, and the outline of each class', async () => {
    const sbd = await openSbd(join(folder, 'sbd'), { instances: true, boundaries: true })
    const { id, labels, instances, instanceLabels, boundaries } = await sbd.at(2)
    const scene = synthesizeScene(new Rng(3).split(id), size)
    expect(instances?.labels).toEqual(scene.instances.labels.map((instance) => (instance === 255 ? 0 : instance)))
    expect(instanceLabels).toEqual(scene.objects.map(({ label }) => label))
    expect(boundaries?.map(({ label }) => label)).toEqual([...new Set(scene.objects.map(({ label }) => label))].sort())
    for (const { label, pixels } of boundaries ?? []) {
      expect([...pixels].every((pixel) => labels?.labels[pixel] === label)).toBe(true)
      const inner = [...(labels?.labels.keys() ?? [])].filter((i) => {
        const neighbours = [
          i % 44 > 0 ? i - 1 : i,
          i % 44 < 43 ? i + 1 : i,
          i >= 44 ? i - 44 : i,
          i < 31 * 44 ? i + 44 : i,
        ]
        return labels?.labels[i] === label && neighbours.every((at) => labels.labels[at] === label)
      })
      const all = Array.from(labels?.labels ?? []).filter((value) => value === label).length
      expect(pixels.length + inner.length).toBe(all)
    }
  })

  test('reads the classes of a synthetic set beside its lists, and VOC’s where there are none', async () => {
    const root = join(folder, 'sbd-of-crates')
    await synthesizeSbd(root, { ...size, train: 1, val: 1, classes: ['crate', 'ball'] })
    const { classes } = await openSbd(root)
    expect(classes.names).toEqual(['background', 'crate', 'ball'])
    expect(await messageOf(openSbd(root, { split: 'classes' }))).toBe(
      'unknown split "classes": /sbd-of-crates holds: train, val; choose among these',
    )
    await rm(join(root, 'classes.txt'))
    expect((await openSbd(root)).classes).toBe(vocClasses)
  })

  test('says what is missing', async () => {
    expect(await messageOf(openSbd(join(folder, 'nyud')))).toBe(
      'no folder "cls" in /nyud or /nyud/dataset or /nyud/benchmark_RELEASE/dataset: SBD holds img, cls, inst and the lists train.txt and val.txt; pass the folder that holds cls',
    )
    const sbd = await openSbd(join(folder, 'sbd'))
    const file = join(folder, 'sbd/benchmark_RELEASE/dataset/cls', `${sbd.ids[0]}.mat`)
    const whole = readFileSync(file)
    await writeFile(file, whole.subarray(0, 300))
    expect((await checkDataset(sbd)).problems.map(({ code, id }) => [code, id])).toEqual([['mat/damaged', sbd.ids[0]]])
    await writeFile(file, encodeMat({ S: matMatrix(1, 1, [1], (length) => new Uint8Array(length)) }))
    expect(await messageOf(sbd.at(0))).toBe(
      `/sbd/benchmark_RELEASE/dataset/cls/${sbd.ids[0]}.mat has no "GTcls": there is: S; check that this is the right file of the right data set`,
    )
    await writeFile(file, whole)
  })
})

describe('openSiftFlow', () => {
  test('reads semantic and geometric labels of the same pixels', async () => {
    const { labels, geometric } = await (await openSiftFlow(join(folder, 'sift'), { split: 'test' })).at(0)
    const pairs = new Set(Array.from(labels?.labels ?? [], (label, i) => `${Math.sign(label)} ${geometric?.labels[i]}`))
    // Ground is sky or horizontal, objects are vertical, and both labellings are void together.
    expect(pairs).toEqual(new Set(['0 0', '0 1', '1 2', '1 255']))
    const voids = labels?.labels.findIndex((label, i) => (label === 255) !== (geometric?.labels[i] === 255))
    expect(voids).toBe(-1)
  })
})

describe('openNyud', () => {
  test('joins train and val where there is no trainval list, although the files lack their last newline', async () => {
    const root = join(folder, 'nyud')
    const train = await openNyud(root, { split: 'train' })
    const val = await openNyud(root, { split: 'val' })
    expect(val.ids).toEqual(['5007'])
    expect((await openNyud(root)).ids).toEqual([...train.ids, ...val.ids])
  })

  test('reads depth in millimetres and HHA in the order of the file', async () => {
    const { image, depth, hha } = await (await openNyud(join(folder, 'nyud'), { depth: true, hha: true })).at(0)
    expect([depth?.height, depth?.width, depth?.channels]).toEqual([32, 44, 1])
    expect([hha?.height, hha?.width, hha?.channels, image.channels]).toEqual([32, 44, 3, 3])
    expect(depth?.data.every((millimetres) => millimetres > 0 && millimetres <= 4000)).toBe(true)
    // The first channel codes disparity, 200,000 divided by depth here, and the second the row.
    expect(hha?.data[0]).toBe(Math.min(255, Math.round(200_000 / (depth?.data[0] ?? 1))))
    expect(hha?.data[1]).toBe(255)
  })
})

describe('openPascalContext', () => {
  test('maps stored labels to the task by name and the rest to the background', async () => {
    const dataset = await openPascalContext(join(folder, 'context'))
    expect(dataset.classes.names).toEqual(['background', 'ball', 'crate', 'kite', 'ring', 'star'])
    const stored = decodeMat(readFileSync(join(folder, 'context/pascal-context/trainval/train_000000.mat')))
    const numbers = stored['LabelMap'].kind === 'numeric' ? new Set(stored['LabelMap'].data) : new Set()
    const { labels } = await dataset.at(0)
    const mapped = [...numbers].map((number) => (Number(number) > 3 ? Number(number) - 3 : 0))
    expect(new Set(labels?.labels)).toEqual(new Set(mapped))
  })

  test('refuses stored labels that the list of names does not reach', async () => {
    const data = new Array<number>(32 * 44).fill(1)
    data[3 * 44 + 5] = 500
    const file = join(folder, 'context/pascal-context/trainval/val_000000.mat')
    await writeFile(file, encodeMat({ LabelMap: matMatrix(32, 44, data, (n) => new Uint16Array(n)) }))
    const dataset = await openPascalContext(join(folder, 'context'), { split: 'val' })
    expect(await messageOf(dataset.at(0))).toBe(
      'label 500 at (3, 5) of /context/pascal-context/trainval/val_000000.mat: expected 0..5; pass the right classes or run "pixelwise datasets check"',
    )
  })

  test('says when the lists of names do not fit together', async () => {
    await writeFile(join(folder, 'context/pascal-context/labels.txt'), '1: accordion\nball\n')
    expect(await messageOf(openPascalContext(join(folder, 'context')))).toBe(
      'line 2 of /context/pascal-context/labels.txt is "ball": a line holds a number, a colon and a name; restore the list that comes with the data set',
    )
    await writeFile(join(folder, 'context/pascal-context/labels.txt'), '1: accordion\n2: ball\n')
    expect(await messageOf(openPascalContext(join(folder, 'context')))).toBe(
      '/context/pascal-context/labels.txt does not list "crate": every class of the task is one of the labels of the full list; restore the list, or pass the classes of your own task',
    )
  })
})

const lists = fileURLToPath(new URL('../../../../../shared/data/fcn_repo/data', import.meta.url))

describe.skipIf(!existsSync(lists))('the genuine lists', () => {
  const read = (file: string) => readFileSync(join(lists, file), 'utf8')

  test('of images have the published lengths', () => {
    const ids = (file: string) => parseSplitList(read(file), file)
    const sift = ids('sift-flow/trainval.txt')
    expect([sift.length, ids('sift-flow/test.txt').length]).toEqual([2486, 200])
    expect(sift.some((id) => ['highway_bost181', 'street_urb506'].includes(id))).toBe(false)
    expect(['train', 'val', 'test'].map((split) => ids(`nyud/${split}.txt`).length)).toEqual([381, 414, 654])
  })

  test('of names are those of this package, in their order', () => {
    const nyud = read('nyud/classes.txt').split('\n').slice(0, 40)
    expect(nyud40Classes.names).toEqual(nyud)
    const sift = [...read('sift-flow/classes.txt').matchAll(/^\d\d (\w+)$/gm)].map(([, name]) => name)
    expect([...siftFlowClasses.names, 'sky', 'horizontal', 'vertical']).toEqual(sift)
    const context = [...read('pascal-context/classes-59.txt').matchAll(/^\d+: (\w+)$/gm)].map(([, name]) => name)
    expect(pascalContextClasses.names).toEqual(context)
  })

  test('of names map all 59 classes of the task, three of them under other names', () => {
    const names = parseContextNames(read('pascal-context/classes-400.txt'), 'labels.txt')
    expect(names.size).toBe(459)
    const mapping = contextMapping(names, pascalContextClasses, 'labels.txt')
    const mapped = [...mapping].filter((label) => label > 0).sort((a, b) => a - b)
    expect(mapped).toEqual(Array.from({ length: 59 }, (_, i) => i + 1))
    expect([mapping[397], mapping[19], mapping[80], mapping[2], mapping[1]]).toEqual([11, 52, 28, 1, 0])
  })
})
