import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkDataset } from '../checks/check-dataset.js'
import { openFolder, synthesizeFolder } from './folder.js'
import { splitFolder } from './split-folder.js'

let root: string

beforeAll(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'split-')), 'mine')
  await synthesizeFolder(root, { train: 10, val: 0, height: 16, width: 16 })
  for (const list of ['train.txt', 'val.txt']) await rm(join(root, list))
})

afterAll(() => rm(join(root, '..'), { recursive: true, force: true }))

test('every labelled picture is in one of the lists, and the lists are a data set', async () => {
  const { train, val, unlabelled } = await splitFolder(root, { heldOut: 0.3, seed: 7 })
  expect([train.length, val.length, unlabelled]).toEqual([7, 3, []])
  expect([...train, ...val].sort()).toEqual([...(await openFolder(root)).ids])
  expect((await openFolder(root, { split: 'val' })).ids).toEqual(val)
  expect((await checkDataset(await openFolder(root, { split: 'train' }))).problems).toEqual([])
})

test('equal seeds draw equal lists, others differ', async () => {
  const draw = async (seed: number) => (await splitFolder(root, { heldOut: 0.3, seed, overwrite: true })).val
  expect(await draw(7)).toEqual(await draw(7))
  expect(await draw(8)).not.toEqual(await draw(7))
})

test('keeps lists that are there, and one picture at least on each side', async () => {
  const before = await readFile(join(root, 'val.txt'), 'utf8')
  await expect(splitFolder(root)).rejects.toThrow(
    `${root} has train.txt and val.txt already: scores compare only while the same pictures are held out; keep them, or pass overwrite to draw anew`,
  )
  expect(await readFile(join(root, 'val.txt'), 'utf8')).toBe(before)
  expect((await splitFolder(root, { heldOut: 0.001, overwrite: true })).val).toHaveLength(1)
  expect((await splitFolder(root, { heldOut: 0.999, overwrite: true })).train).toHaveLength(1)
})

test('says which list cannot be written', async () => {
  const taken = join(root, '..', 'taken')
  await synthesizeFolder(taken, { train: 2, val: 0, height: 16, width: 16 })
  await mkdir(join(taken, 'train.txt.partial'))
  await expect(splitFolder(taken, { overwrite: true })).rejects.toThrow(
    `cannot write ${join(taken, 'train.txt')} (EISDIR): the lists lie beside the pictures, in a folder that is writable; check its permissions, or copy the folder to a place of your own`,
  )
})

test('wants a share, and two labelled pictures', async () => {
  await expect(splitFolder(root, { heldOut: 1 })).rejects.toThrow(
    'a held-out share of 1: it is above 0 and below 1; 0.2 holds out every fifth picture',
  )
  const small = join(root, '..', 'small')
  await synthesizeFolder(small, { train: 1, val: 0, height: 16, width: 16 })
  await expect(splitFolder(small)).rejects.toThrow(
    `${small} has 1 labelled picture of 1: one at least to learn from and one to be scored on; the labels of images/ID.jpg are labels/ID.png; label more of them, or check how the labels are called`,
  )
})
