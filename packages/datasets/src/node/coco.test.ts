import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeMask, maskArea } from '@pixelwise/masks'
import { Rng } from '@pixelwise/masks/shared'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDataset } from '../checks/check-dataset.js'
import { cocoClasses, cocoToVoc } from '../classes/coco.js'
import { vocClasses } from '../classes/voc.js'
import { instanceNumber } from '../formats/coco-labels.js'
import { synthesizeScene } from '../synthetic/scene.js'
import { openCoco } from './coco.js'
import { synthesizeCoco } from './synthesize-coco.js'

let folder: string
let root: string
let annotations: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coco-'))
  root = join(folder, 'scenes')
  annotations = join(root, 'annotations/instances_train2017.json')
  await synthesizeCoco(root, { train: 6, val: 1, seed: 4, height: 40, width: 48 })
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  )
  return (error instanceof Error ? error.message : String(error)).replaceAll(folder, '')
}

/** A copy of the annotation file with something changed; opens the same images. */
async function openChanged(change: (text: string) => string) {
  const file = join(folder, 'changed.json')
  await writeFile(file, change(await readFile(annotations, 'utf8')))
  return openCoco(root, { annotations: file })
}

describe('openCoco', () => {
  test('gives every object with the mask of the scene, from outlines and from run lengths', async () => {
    const coco = await openCoco(root)
    const kinds = new Set<string>()
    for (const id of coco.ids) {
      const { objects, instances, labels } = await coco.byId(id)
      const scene = synthesizeScene(new Rng(4).split(id.padStart(12, '0')), { height: 40, width: 48 })
      expect(objects.map(({ categoryId }) => (categoryId + 1) / 2)).toEqual(scene.objects.map(({ label }) => label))
      for (const [i, { mask, area, crowd, box }] of objects.entries()) {
        const expected = scene.instances.labels.map((instance) => Number(instance === i + 1))
        expect(decodeMask(mask).labels).toEqual(expected)
        expect([area, box.x, box.y]).toEqual([maskArea(mask), scene.objects[i].box.left, scene.objects[i].box.top])
        const drawn = crowd ? 255 : instanceNumber(i)
        expect(expected.every((inside, at) => inside === 0 || instances?.labels[at] === drawn)).toBe(true)
        expect(expected.every((inside, at) => inside === 0 || (labels?.labels[at] === 255) === crowd)).toBe(true)
        kinds.add(crowd ? 'crowd' : scene.objects[i].className === 'ring' ? 'with a hole' : 'outline')
      }
    }
    expect(kinds).toEqual(new Set(['crowd', 'with a hole', 'outline']))
  })

  test('labels crowds as their class when asked to', async () => {
    const [ignoring, labelling] = await Promise.all([openCoco(root), openCoco(root, { crowds: 'class' })])
    const [first, second] = await Promise.all([ignoring.at(0), labelling.at(0)])
    expect(first.labels?.labels.includes(255)).toBe(true)
    expect(second.labels?.labels.includes(255)).toBe(false)
  })

  test('maps categories to the classes of VOC, the rest to the background', async () => {
    const coco = await openChanged((text) =>
      text.replace('"name":"ball"', '"name":"couch"').replace('"name":"crate"', '"name":"tv"'),
    )
    const both = await openCoco(root, { annotations: join(folder, 'changed.json'), classes: 'voc' })
    expect(coco.classes.names.slice(0, 3)).toEqual(['background', 'couch', 'tv'])
    for (const id of coco.ids) {
      const [{ labels: own }, { labels: voc }] = await Promise.all([coco.byId(id), both.byId(id)])
      const expected = own?.labels.map((label) => (label === 255 ? 255 : label > 2 ? 0 : [0, 18, 20][label]))
      const crowdOfOthers = own?.labels.findIndex((label, i) => label !== 255 && expected?.[i] !== voc?.labels[i])
      expect(crowdOfOthers).toBe(-1)
    }
    expect(Object.values(cocoToVoc).sort()).toEqual(vocClasses.names.slice(1).sort())
    expect(Object.keys(cocoToVoc).every((name) => cocoClasses.names.includes(name))).toBe(true)
  })

  test('refuses paths that lead out of the folder, missing ids and absurd sizes', async () => {
    expect(await messageOf(openChanged((text) => text.replace('"000000000003.jpg"', '"../../etc/passwd"')))).toBe(
      'image 1 of /changed.json has the file_name "../../etc/passwd": it is a file name without folders; correct or remove the element',
    )
    expect(await messageOf(openChanged((text) => text.replace('"image_id":1,', '')))).toBe(
      'annotation 0 of /changed.json has the image_id undefined: it is a whole number; correct or remove the element',
    )
    const huge = await openChanged((text) => text.replace('"height":40', '"height":4000000000'))
    expect(await messageOf(huge.at(0))).toBe(
      'image 1 in /changed.json claims 4000000000×48 pixels: at most 100000000 pixels are decoded; check the file, or pass a larger maxPixels if it is genuine',
    )
    const broken = await openChanged((text) => text.replace('"segmentation":[[', '"segmentation":[["a",'))
    expect(await messageOf(broken.at(0))).toMatch(
      /^the annotation at byte \d+ of \/changed\.json has no segmentation: it is a list of outlines, or size and counts; correct or remove the element$/,
    )
    expect(await messageOf(openChanged((text) => text.slice(0, 900)))).toBe(
      '/changed.json ends inside its JSON (byte 900): it must be one JSON object with arrays of objects; the file is cut short or damaged; copy or download it again',
    )
    expect(await messageOf(openCoco(root, { annotations: join(folder, 'none.json') }))).toBe(
      '/none.json does not exist: the data set needs it; check the path, or restore the file',
    )
  })

  test('reports images that stand twice, annotations of no image and images of another size', async () => {
    const coco = await openChanged((text) =>
      text.replace('"id":5}', '"id":3}').replace('"height":40,"width":48,"id":7', '"height":48,"width":40,"id":7'),
    )
    const { problems } = await checkDataset(coco)
    const messages = problems.map(({ code, id, message }) => [code, id, message.replaceAll(folder, '')])
    expect(messages[0]).toEqual([
      'dataset/duplicate-id',
      '3',
      '/changed.json lists image 3 (000000000005.jpg) twice: an id stands for one image; remove one of the elements',
    ])
    expect(messages[1][0]).toBe('coco/stray-annotation')
    expect(messages[1][2]).toMatch(
      /^\/changed\.json has \d annotations of image 5, which it does not list, the first at byte \d+: /,
    )
    expect(messages.slice(2).map(([code, id]) => [code, id])).toEqual([['dataset/size-mismatch', '7']])
  })

  test('reports annotations that stand twice and categories that the file does not list', async () => {
    const { annotations: list } = JSON.parse(await readFile(annotations, 'utf8'))
    const { bbox, category_id: category, id, image_id: image } = list[0]
    const coco = await openChanged((text) =>
      text.replace(`"category_id":${category},`, '"category_id":12,').replace(`"id":${list[1].id}}`, `"id":${id}}`),
    )
    const { problems } = await checkDataset(coco)
    expect(problems.map(({ message }) => message.replaceAll(folder, ''))).toEqual([
      `/changed.json has two annotations of id ${id}, the second of image ${list[1].image_id}: an id stands for one annotation; remove one of the elements or number it anew`,
      `annotation ${id} of image ${image} in /changed.json, at (${bbox[1]}, ${bbox[0]}), has the category 12: categories are those that the file lists; correct it, or add the category`,
    ])
  })
})

const shared = fileURLToPath(new URL('../../../../../shared/data', import.meta.url))

describe.skipIf(!existsSync(join(shared, 'coco_mini')))('the genuine COCO samples', () => {
  test('have masks of the areas that their JSON states', async () => {
    const coco = await openCoco(join(shared, 'coco_mini'))
    expect(coco.length).toBe(100)
    expect(coco.classes.names).toEqual(cocoClasses.names)
    let count = 0
    let crowds = 0
    for (const id of coco.ids) {
      const { objects, labels, instances } = await coco.byId(id)
      for (const [i, { mask, area, crowd }] of objects.entries()) {
        expect(maskArea(mask), id).toBe(area)
        if (crowd) crowds++
        else expect(instances?.labels.includes(instanceNumber(i))).toBe(true)
        count++
      }
      expect(labels?.labels.every((label) => label <= 80 || label === 255)).toBe(true)
    }
    expect([count, crowds]).toEqual([746, 6])
  })

  test('have outlines of about the areas that their JSON states', async () => {
    const place = join(shared, 'minicoco/data')
    const coco = await openCoco(place, { annotations: join(place, 'labels/train.json'), images: join(place, 'images') })
    expect(coco.length).toBe(30)
    for (const id of coco.ids) {
      const { objects } = await coco.byId(id)
      for (const { mask, area, crowd } of objects) {
        // The JSON states the polygon's own area; its pixels differ by about its circumference.
        if (!crowd) expect(Math.abs(maskArea(mask) - area), id).toBeLessThan(10 + 4 * Math.sqrt(area))
      }
    }
  })
})
