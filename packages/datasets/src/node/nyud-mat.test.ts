import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nyud40Classes } from '../classes/nyud.js'
import type { Camera } from '../depth/camera.js'
import { encodeHha } from '../depth/hha.js'
import { decodeMat } from '../mat/mat-decode.js'
import { encodeMat } from '../mat/mat-encode.js'
import { Hdf5File } from './hdf5.js'
import { readNyudSplit, readNyudTask } from './nyud-mappings.js'
import { nyudMatFile, openNyudMat } from './nyud-mat.js'
import { synthesizeNyudMat } from './synthesize-nyud-mat.js'

type ByImage = readonly (readonly number[])[]

/** Written by oracles/datasets/nyud_mat_fixtures.py with h5py and SciPy. */
interface Case {
  readonly names: Readonly<Record<'all' | '40' | '13', readonly string[]>>
  readonly files: Readonly<Record<string, string>>
  readonly images: ByImage
  readonly labels: ByImage
  readonly labels40: ByImage
  readonly labels13: ByImage
  readonly instances: ByImage
  readonly millimetres: ByImage
  readonly rawMillimetres: ByImage
}

const expected: Case = JSON.parse(readFileSync(new URL('../../fixtures/nyud-mat-case.json', import.meta.url), 'utf8'))
let folder: string
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nyud-mat-'))
  file = join(folder, nyudMatFile)
  for (const [name, content] of Object.entries(expected.files)) {
    await writeFile(join(folder, name), Buffer.from(content, 'base64'))
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

describe('a file written by h5py', () => {
  test('gives the images and labels of a split, mapped to 40 classes', async () => {
    const train = await openNyudMat(folder)
    expect(train.ids).toEqual(['5002', '5003', '5005'])
    expect(train.classes.names).toEqual(expected.names['40'])
    for (const [i, number] of [2, 3, 5].entries()) {
      const { image, labels } = await train.at(i)
      expect([image.height, image.width, labels?.height, labels?.width]).toEqual([6, 7, 6, 7])
      expect([...image.data]).toEqual(expected.images[number - 1])
      expect([...(labels?.labels ?? [])]).toEqual(expected.labels40[number - 1].map((label) => (label + 256) % 256))
    }
  })

  test('maps to 13 classes, or keeps all names with 65535 as void', async () => {
    const test13 = await openNyudMat(file, { split: 'test', classes: 13 })
    expect([test13.ids, test13.classes.names]).toEqual([['5001', '5004'], expected.names['13']])
    const { labels } = await test13.at(1)
    expect([...(labels?.labels ?? [])]).toEqual(expected.labels13[3].map((label) => (label + 256) % 256))
    const all = await openNyudMat(folder, { split: 'all', classes: 894 })
    expect([all.length, all.classes.names, all.classes.ignoreLabel]).toEqual([5, expected.names.all, 65_535])
    const plain = await all.at(4)
    expect([...(plain.labels?.labels ?? [])]).toEqual(expected.labels[4].map((label) => (label + 65_536) % 65_536))
  })

  test('gives depth in millimetres, filled in or raw', async () => {
    const filled = await (await openNyudMat(folder, { depth: true })).at(0)
    expect([...(filled.depth?.data ?? [])]).toEqual(expected.millimetres[1])
    const raw = await (await openNyudMat(folder, { depth: 'raw' })).at(0)
    expect([...(raw.depth?.data ?? [])]).toEqual(expected.rawMillimetres[1])
  })

  test('numbers the pairs of class and count through the image', async () => {
    const { instances, instanceLabels } = await (await openNyudMat(folder, { instances: true })).at(0)
    const pairs = expected.labels[1].map((label, i) => (label < 0 ? -1 : label * 10 + expected.instances[1][i]))
    const ordered = [...new Set(pairs)].filter((pair) => pair >= 0).sort((a, b) => a - b)
    expect([...(instances?.labels ?? [])]).toEqual(pairs.map((pair) => ordered.indexOf(pair) + 1))
    const labelOf = new Map(expected.labels[1].map((label, i) => [label, expected.labels40[1][i]]))
    expect(instanceLabels).toEqual(ordered.map((pair) => labelOf.get(Math.floor(pair / 10))))
  })

  test('gives ranges of an array and refuses others', async () => {
    const data = await Hdf5File.open(file)
    expect(data.names()).toEqual(['#refs#', 'depths', 'images', 'instances', 'labels', 'names', 'rawDepths'])
    expect(data.shape('labels')).toEqual([5, 7, 6])
    const part = data.read('labels', [
      [1, 3],
      [2, 4],
    ])
    expect(part.shape).toEqual([2, 2, 6])
    expect(part.data[7]).toBe(expected.labels[1][7 + 3] + 1)
    expect(() => data.read('labels', [[4, 6]])).toThrow(
      `elements 4 to 6 of axis 0 of "labels" in ${file}: its shape is 5×7×6; ask for elements that there are`,
    )
    expect(() => data.read('label')).toThrow(
      `${file} has no data set "label": there is: #refs#, depths, images, instances, labels, names, rawDepths; check that this is the right file`,
    )
    expect(() => data.read('names')).toThrow(
      `"names" of ${file} holds no numbers of at most 32 bits or double precision: arrays of little-endian numbers and cell arrays of texts are read; check that this is the right file`,
    )
    data.close()
    const little = await Hdf5File.open(file, { maxBytes: 100 })
    expect(() => little.read('images')).toThrow(
      `"images" of ${file} takes 630 bytes: at most 100 are read at once; read it by ranges, or check the file`,
    )
    little.close()
  })
})

describe('a synthetic file', () => {
  const camera: Camera = { focalX: 40, focalY: 40, centreX: 20, centreY: 16 }

  test('holds depth from which HHA is computed', async () => {
    const root = join(folder, 'synthetic')
    await synthesizeNyudMat(root, { train: 2, val: 1, height: 32, width: 40, seed: 4 })
    const dataset = await openNyudMat(root, { split: 'test', depth: true, hha: true, camera, classes: 13 })
    expect(dataset.ids).toEqual(['5003'])
    const { depth, hha, labels } = await dataset.at(0)
    if (depth === undefined || labels === undefined) throw new Error('depth and labels were asked for')
    // Where the scenes have outlines, raw depth is missing.
    const raw = { ...depth, data: depth.data.map((millimetres, i) => (labels.labels[i] === 255 ? 0 : millimetres)) }
    const again = encodeHha(depth, { raw, camera })
    expect(hha?.data.filter((_, i) => i % 3 === 0)).toEqual(again.data.filter((_, i) => i % 3 === 0))
    expect(hha).toEqual(again)
  })

  test('may be empty', async () => {
    const root = join(folder, 'empty')
    await synthesizeNyudMat(root, { train: 0, val: 0 })
    expect((await openNyudMat(root, { split: 'all' })).length).toBe(0)
  })

  test('is cropped only at the published size', async () => {
    expect(await messageOf(openNyudMat(join(folder, 'synthetic'), { crop: true }))).toBe(
      `/synthetic/${nyudMatFile} holds pictures of 32×40: the prepared layout cuts 425×560 from pictures of 480×640; leave crop out`,
    )
    const root = join(folder, 'full size')
    await synthesizeNyudMat(root, { train: 1, val: 0, height: 480, width: 640, objects: [1, 2] })
    const full = await (await openNyudMat(root, { depth: true })).at(0)
    const { image, depth, hha } = await (await openNyudMat(root, { crop: true, depth: true, hha: true })).at(0)
    expect([image.height, image.width, depth?.height, hha?.width]).toEqual([425, 560, 425, 560])
    const from = (45 + 424) * 640 + 40 + 559
    expect([...image.data.slice(-3)]).toEqual([...full.image.data.slice(3 * from, 3 * from + 3)])
    expect(depth?.data.at(-1)).toBe(full.depth?.data[from])
  })
})

describe('errors', () => {
  test('name what is missing or does not fit', async () => {
    const root = join(folder, 'errors')
    await synthesizeNyudMat(root, { train: 1, val: 1, height: 16, width: 16 })
    expect(await messageOf(openNyudMat(join(folder, 'nowhere')))).toBe(
      `/nowhere/${nyudMatFile} does not exist: there is no folder /nowhere either; check the path, or restore the file`,
    )
    expect(await messageOf(openNyudMat(root, { split: 'val' }))).toBe(
      'unknown split "val": /errors holds: train, test, all; choose among these',
    )
    expect(await messageOf(openNyudMat(join(root, 'splits.mat')))).toBe(
      '/errors/splits.mat has no HDF5 signature: it must be a whole HDF5 file (MATLAB 7.3 files are); download or copy it again',
    )
    await copyFile(join(folder, 'classMapping40.mat'), join(root, 'classMapping40.mat'))
    expect(await messageOf(openNyudMat(root))).toBe(
      '/errors/classMapping40.mat maps 6 names, number 1 being "book": the data has 6 names, number 1 being "background"; use the mapping files that were published for the data',
    )
    const splits = { trainNdxs: { kind: 'numeric', shape: [1, 1], data: Uint16Array.of(3) } } as const
    await writeFile(join(root, 'splits.mat'), encodeMat(splits))
    expect(await messageOf(openNyudMat(root, { classes: 894 }))).toBe(
      'trainNdxs of /errors/splits.mat names image 3: the data has images 1..2; restore the splits.mat that belongs to the data',
    )
  })

  test('tell a file that was cut short, and read it when it is whole', async () => {
    const cut = join(folder, 'cut.mat')
    const whole = readFileSync(file)
    await writeFile(cut, whole.subarray(0, 3000))
    expect(await messageOf(openNyudMat(cut))).toBe(
      `/cut.mat cannot be read as HDF5 (truncated file: eof = ${3000 - 512}, sblock->base_addr = 512, stored_eof = ${whole.length}): it must be a whole HDF5 file (MATLAB 7.3 files are); download or copy it again`,
    )
    await writeFile(cut, whole)
    expect((await openNyudMat(cut)).length).toBe(3)
  })

  test('tell damage within a file, after which other files are read as before', async () => {
    const damaged = join(folder, 'damaged.mat')
    const bytes = readFileSync(file)
    bytes.fill(0xff, bytes.indexOf('SNOD'), bytes.indexOf('SNOD') + 4)
    await writeFile(damaged, bytes)
    expect(await messageOf(openNyudMat(damaged))).toBe(
      '/damaged.mat cannot be read as HDF5 (bad symbol table node signature): it must be a whole HDF5 file (MATLAB 7.3 files are); download or copy it again',
    )
    expect((await openNyudMat(folder)).length).toBe(3)
    await writeFile(damaged, readFileSync(file).subarray(0, -1))
    expect(await messageOf(openNyudMat(damaged))).toBe(
      '/damaged.mat has changed since it was found damaged: the HDF5 library keeps what it saw of a damaged file; give the new file another name, or start the program again',
    )
  })
})

const samples = fileURLToPath(new URL('../../../../../shared/data/nyuv2', import.meta.url))

describe.skipIf(!existsSync(samples))('the genuine splits and mappings', () => {
  test('hold 795 and 654 images, all 1,449 once', async () => {
    const train = await readNyudSplit(samples, 'train', 1449)
    const held = await readNyudSplit(samples, 'test', 1449)
    expect([train.length, held.length]).toEqual([795, 654])
    expect(new Set([...train, ...held]).size).toBe(1449)
    expect(5000 + held[0]).toBe(5001)
  })

  test('name the images of the prepared layout by number + 5000', async () => {
    const list = fileURLToPath(new URL('../../../../../shared/data/fcn_repo/data/nyud/test.txt', import.meta.url))
    const ids = readFileSync(list, 'utf8').trim().split('\n')
    const numbers = await readNyudSplit(samples, 'test', 1449)
    expect(numbers.map((number) => String(5000 + number))).toEqual(ids.sort())
  })

  test('map 894 names to the 40 classes of this package and to 13', async () => {
    // The names of the data are those that the mapping lists.
    const { allClassName } = decodeMat(readFileSync(`${samples}/classMapping40.mat`))
    const names =
      allClassName.kind === 'cell' ? allClassName.cells.map((c) => (c.kind === 'text' ? c.rows[0] : '')) : []
    expect(names.length).toBe(894)
    const to40 = await readNyudTask(samples, 40, names)
    expect(to40.classes.names.map((name) => name.replace('-', ' '))).toEqual(nyud40Classes.names)
    const classOf = (name: string) => to40.classes.names[to40.labelOf[names.indexOf(name) + 1]]
    expect(['wall', 'books', 'bottle', 'night stand'].map(classOf)).toEqual([
      'wall',
      'books',
      'otherprop',
      'night stand',
    ])
    const to13 = await readNyudTask(samples, 13, names)
    expect(to13.classes.names.length).toBe(13)
    expect(to13.classes.names[to13.labelOf[names.indexOf('books') + 1]]).toBe('books')
    expect([to40.labelOf[0], to13.labelOf[0]]).toEqual([255, 255])
  })
})
