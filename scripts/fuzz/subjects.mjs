import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  decodeDepth,
  decodeImage,
  decodeLabels,
  decodeMat,
  decodeNpy,
  decodeNpz,
  decodePng,
  encodeMat,
  encodeNpz,
  encodePng,
  jpegJsCodec,
  matLabels,
  parseSplitList,
  parseVocAnnotation,
  synthesizeScene,
} from '@pixelwise/datasets'
import { Hdf5File, inflateWithZlib, nodeJpegCodec, openCoco } from '@pixelwise/datasets/node'
import { Rng } from '@pixelwise/masks/shared'
import { damageBytes, damageHdf5, damagePng, damageText } from './damage.mjs'

/** Genuine files stay within these, so that a header that lies shows in the time and memory it takes. */
const maxPixels = 4_000_000
const maxBytes = 16_000_000

const scene = synthesizeScene(new Rng(1), { height: 40, width: 56 })
const bytesOf = (text) => new TextEncoder().encode(text)

function fixture(name) {
  const file = new URL(`../../packages/datasets/fixtures/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8'))
}

function files(name) {
  return fixture(`${name}-cases`).cases.map(({ file }) => new Uint8Array(Buffer.from(file, 'base64')))
}

/** What is fed with damaged files, by name: genuine files, how they are damaged, and what reads them. */
export const subjects = {
  'PNG, fflate': () => png((bytes) => decodePng(bytes, { maxPixels })),
  'PNG, zlib': () => png((bytes) => decodeImage(bytes, { maxPixels, inflate: inflateWithZlib })),
  'PNG labels': () => png((bytes) => decodeLabels(bytes, { maxPixels, inflate: inflateWithZlib })),
  'PNG depth': () => png((bytes) => decodeDepth(bytes, { maxPixels, inflate: inflateWithZlib })),
  'JPEG, jpeg-js': async () => ({ ...(await jpeg()), read: (bytes) => jpegJsCodec.decode(bytes, { maxPixels }) }),
  'JPEG, sharp': async () => {
    const sharp = await nodeJpegCodec('sharp')
    return { ...(await jpeg()), read: (bytes) => sharp.decode(bytes, { maxPixels }) }
  },
  '.npy': () => ({ seeds: files('npy'), damage: damageBytes, read: (bytes) => decodeNpy(bytes) }),
  '.npz': () => ({
    seeds: [
      encodeNpz({ a: { shape: [4, 5], data: new Float32Array(20) }, b: { shape: [3], data: Uint8Array.of(1, 2, 3) } }),
    ],
    damage: damageBytes,
    read: (bytes) => decodeNpz(bytes, { maxBytes }),
  }),
  '.mat v5': () => ({
    seeds: [...files('mat'), ...files('mat').map((bytes) => encodeMat(decodeMat(bytes)))],
    damage: damageBytes,
    read: readMatrices,
  }),
  'HDF5 and .mat v7.3': hdf5,
  'COCO JSON': coco,
  'VOC XML': () => ({
    seeds: [bytesOf(annotation)],
    damage: damageText,
    read: (bytes) => parseVocAnnotation(new TextDecoder().decode(bytes), 'a.xml'),
  }),
  'split lists': () => ({
    seeds: [bytesOf('2007_000032\n2007_000033\r\n2011_003271'), bytesOf('a b\n\nimg-1.x\n'), bytesOf('\n')],
    damage: damageText,
    read: (bytes) => parseSplitList(new TextDecoder().decode(bytes), 'train.txt'),
  }),
}

const annotation =
  '<?xml version="1.0"?><annotation><filename>a.jpg</filename><size><width>5</width><height>4</height><depth>3</depth></size><!-- one --><object><name>cat &amp; dog</name><pose>Left</pose><truncated>0</truncated><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>2</ymax></bndbox><part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object></annotation>'

function png(read) {
  return { seeds: [...files('png'), encodePng(scene.image)], damage: damagePng, read }
}

async function jpeg() {
  const sharp = await nodeJpegCodec('sharp')
  const seeds = [await sharp.encode(scene.image, 90), await jpegJsCodec.encode(scene.image, 40)]
  return { seeds, damage: damageBytes }
}

function readMatrices(bytes) {
  const variables = decodeMat(bytes, { maxBytes })
  for (const value of Object.values(variables)) {
    if (value.kind === 'numeric' && value.shape.length === 2) matLabels(value, 'a.mat', (label) => label & 255)
  }
}

/** A folder of one file that is written anew for each reading. */
function scratch(name) {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}

/** A damaged file stays open in the library, so each gets a name of its own; every tenth time a genuine one must still be read. */
function hdf5() {
  const genuine = new Uint8Array(Buffer.from(fixture('nyud-mat-case').files['nyu_depth_v2_labeled.mat'], 'base64'))
  const path = scratch('data')
  let number = 0
  const readOnce = async (bytes) => {
    const numbered = `${path}${number++}.mat`
    writeFileSync(numbered, bytes)
    try {
      await readAll(numbered)
    } finally {
      rmSync(numbered)
    }
  }
  return {
    seeds: [genuine],
    damage: damageHdf5,
    async read(bytes) {
      try {
        await readOnce(bytes)
      } finally {
        if (number % 10 === 0)
          await readOnce(genuine).catch((cause) => Promise.reject(new Error('left broken', { cause })))
      }
    },
  }
}

async function readAll(path) {
  const file = await Hdf5File.open(path, { maxBytes })
  try {
    for (const name of file.names()) {
      if (name === 'names') file.readTexts(name)
      else if (!name.startsWith('#')) file.read(name)
    }
  } finally {
    file.close()
  }
}

function coco() {
  const path = scratch('instances.json')
  writeFileSync(join(path, '../a.png'), encodePng(scene.image))
  const images = [{ id: 1, file_name: 'a.png', height: 40, width: 56 }]
  const categories = [
    { id: 3, name: 'cat', supercategory: 'animal' },
    { id: 7, name: 'train' },
  ]
  const box = { area: 12, bbox: [1, 1, 4, 3] }
  // biome-ignore format: one line each
  const annotations = [
    { id: 1, image_id: 1, category_id: 3, iscrowd: 0, ...box, segmentation: [[1, 1, 5, 1, 5.5, 4.25, 1, 4]] },
    { id: 2, image_id: 1, category_id: 7, iscrowd: 1, ...box, segmentation: { size: [40, 56], counts: [0, 2, 38, 2, 2198] } },
    { id: 3, image_id: 1, category_id: 7, iscrowd: 0, ...box, segmentation: { size: [40, 56], counts: '02V10`S2' } },
  ]
  const document = { info: { year: 2014 }, licenses: [], images, annotations, categories }
  return {
    seeds: [bytesOf(JSON.stringify(document)), bytesOf(JSON.stringify(document, null, 1))],
    damage: damageText,
    async read(bytes) {
      writeFileSync(path, bytes)
      const dataset = await openCoco(join(path, '..'), { annotations: path, images: join(path, '..'), maxPixels })
      for (const id of dataset.ids) await dataset.byId(id)
    },
  }
}
