import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { camvidClasses } from './classes/camvid.js'
import type { ClassList } from './classes/class-list.js'
import { vocClasses } from './classes/voc.js'
import { filterIds, joinDatasets } from './combine.js'
import { createDataset, type Dataset } from './dataset.js'
import { parseSplitList } from './formats/split-list.js'

/** Images of one pixel that tell which data set they come from. */
function dataset(name: string, ids: readonly string[], colour: number, classes: ClassList = vocClasses): Dataset {
  const image = { height: 1, width: 1, channels: 3, data: new Uint8Array(3).fill(colour) }
  return createDataset({ name, split: 'train', classes, ids, load: async (id) => ({ id, image }) })
}

test('joined data sets keep their order and take shared ids from the first', async () => {
  const joined = joinDatasets('train', [dataset('SBD', ['b', 'a'], 1), dataset('VOC', ['a', 'c'], 2)])
  expect([joined.name, joined.length, joined.ids]).toEqual(['SBD + VOC', 3, ['b', 'a', 'c']])
  const colours = await Promise.all(joined.ids.map(async (id) => (await joined.byId(id)).image.data[0]))
  expect(colours).toEqual([1, 1, 2])
})

test('data sets of different classes are not joined', () => {
  expect(() => joinDatasets('train', [dataset('VOC', [], 0), dataset('CamVid', [], 0, camvidClasses)])).toThrow(
    'VOC has 21 classes (ignored: 255), CamVid has 11 (ignored: 11): data sets that are joined have the same classes in the same order; open them with the same class list',
  )
})

test('filtered data sets know only what they keep', async () => {
  const kept = filterIds(dataset('VOC', ['a', 'b', 'c'], 0), (id) => id !== 'b')
  expect([kept.length, (await kept.at(1)).id]).toEqual([2, 'c'])
  await expect(kept.byId('b')).rejects.toThrow('VOC (train) has no example "b"')
})

const list = fileURLToPath(new URL('../../../../shared/data/fcn_repo/data/pascal/seg11valid.txt', import.meta.url))

test.skipIf(!existsSync(list))('the published seg11valid list is what the rule leaves of a larger set', () => {
  const valid = parseSplitList(readFileSync(list, 'utf8'), list)
  expect([valid.length, valid[0], valid[735]]).toEqual([736, '2007_000033', '2011_003271'])
  const training = new Set(['2007_000032', '2011_003285'])
  const all = dataset('VOC 2011 val', [...valid, ...training].sort(), 0)
  expect(filterIds(all, (id) => !training.has(id)).ids).toEqual(valid)
})
