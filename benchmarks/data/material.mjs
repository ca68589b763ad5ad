import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeNpy } from '@pixelwise/datasets'
import { openVoc, synthesizeVoc } from '@pixelwise/datasets/node'
import { Rng } from '@pixelwise/masks/shared'

/** Size of VOC's usual photo. */
const height = 375
const width = 500
const classes = 21

/** Files that all peers read: images with labels in VOC's layout, and arrays of label maps and of masks. */
export async function makeMaterial(folder, { images, voc }) {
  const scenes = join(folder, 'scenes')
  await synthesizeVoc(scenes, { height, width, seed: 1, classes: kinds, train: images, val: 0 })
  const drawn = await openVoc(scenes, { split: 'train', instances: true })
  const samples = await Promise.all(drawn.ids.map((id) => drawn.byId(id)))
  const rng = new Rng(2)
  const maps = samples.map(({ labels, id }) => spreadClasses(labels.labels, new Rng(id)))
  await mkdir(join(folder, 'arrays'))
  const write = (name, arrays) =>
    writeFile(
      join(folder, 'arrays', `${name}.npy`),
      encodeNpy({ shape: [arrays.length, height, width], data: joined(arrays) }),
    )
  await write('truth', maps)
  await write(
    'prediction',
    maps.map((map) => blurred(map, rng)),
  )
  await write(
    'noise',
    [0, 1].map(() => Uint8Array.from({ length: height * width }, () => rng.integer(classes))),
  )
  await write('masks', samples.flatMap(({ instances }) => masksOf(instances.labels)).slice(0, 120))
  const source = voc === undefined ? { root: scenes, split: 'train' } : { root: voc, split: 'val' }
  const ids = (await openVoc(source.root, { split: source.split })).ids.slice(0, images)
  return { folder, height, width, classes, ids, ...source }
}

const kinds = ['ball', 'crate', 'kite', 'ring', 'star']

/** The scenes' few classes stand for any of the 21, as in photos: several per image, seldom the same. */
function spreadClasses(labels, rng) {
  const names = [0, ...kinds.map(() => 1 + rng.integer(classes - 1))]
  return labels.map((label) => (label === 255 ? 255 : names[label]))
}

/** A prediction as nets make it: shifted outlines, void filled in, one pixel in a hundred wrong. */
function blurred(map, rng) {
  return map.map((_, i) => {
    const label = rng.integer(100) === 0 ? rng.integer(classes) : map[Math.max(0, i - 3 * width - 5)]
    return label === 255 ? 0 : label
  })
}

function masksOf(instances) {
  const numbers = [...new Set(instances)].filter((number) => number !== 0 && number !== 255)
  return numbers.map((number) => instances.map((instance) => (instance === number ? 1 : 0)))
}

function joined(arrays) {
  const all = new Uint8Array(arrays.length * height * width)
  arrays.forEach((array, i) => {
    all.set(array, i * height * width)
  })
  return all
}
