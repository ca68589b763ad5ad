/**
 * Feeds damaged files to every codec: each must give a value or a PixelwiseError, quickly and in bounded memory.
 *
 * Run after a build: node packages/datasets/scripts/fuzz-codecs.mjs [files per codec, default 5000] [seed]
 */
import { readFileSync } from 'node:fs'
import {
  decodeImage,
  decodeMat,
  decodeNpy,
  decodeNpz,
  decodePng,
  encodeMat,
  encodeNpz,
  encodePng,
  JsonElements,
  jpegJsCodec,
  parseCocoObject,
  parseVocAnnotation,
  synthesizeScene,
} from '@pixelwise/datasets'
import { inflateWithZlib, nodeJpegCodec } from '@pixelwise/datasets/node'
import { PixelwiseError, Rng } from '@pixelwise/masks/shared'

const count = Number(process.argv[2] ?? 5000)
const rng = new Rng(process.argv[3] ?? 'fuzz')
/** Genuine headers stay within this many pixels, so that a header that lies shows in the time and memory it takes. */
const maxPixels = 4_000_000

const scene = synthesizeScene(new Rng(1), { height: 40, width: 56 })
const fixture = (name) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}-cases.json`, import.meta.url), 'utf8')).cases.map(
    ({ file }) => new Uint8Array(Buffer.from(file, 'base64')),
  )
const sharp = await nodeJpegCodec('sharp')
const jpegs = [await sharp.encode(scene.image, 90), await jpegJsCodec.encode(scene.image, 40)]
const mats = fixture('mat')
const archives = [
  encodeNpz({ a: { shape: [4, 5], data: new Float32Array(20) }, b: { shape: [3], data: Uint8Array.of(1, 2, 3) } }),
]
const coco = new TextEncoder().encode(
  '{"info":{},"annotations":[{"id":1,"image_id":1,"category_id":3,"iscrowd":0,"area":12,"bbox":[1,1,4,3],"segmentation":[[1,1,5,1,5,4,1,4]]},{"id":2,"image_id":1,"category_id":3,"iscrowd":1,"area":6,"bbox":[0,0,3,2],"segmentation":{"size":[20,30],"counts":[0,2,18,2,18,2,558]}}]}',
)

function readCoco(bytes) {
  const image = { id: 1, fileName: 'a.jpg', height: 20, width: 30 }
  const elements = new JsonElements(['annotations'], 'a.json', (element) =>
    parseCocoObject(element.bytes, 'an annotation', image),
  )
  elements.push(bytes)
  elements.end()
}

const xml = new TextEncoder().encode(
  '<annotation><filename>a.jpg</filename><size><width>5</width><height>4</height></size><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>2</ymax></bndbox></object></annotation>',
)

const codecs = {
  'PNG (fflate)': {
    seeds: [...fixture('png'), encodePng(scene.image)],
    mutate: mutatePng,
    run: (bytes) => decodePng(bytes, { maxPixels }),
  },
  'PNG (zlib)': {
    seeds: [...fixture('png'), encodePng(scene.image)],
    mutate: mutatePng,
    run: (bytes) => decodeImage(bytes, { maxPixels, inflate: inflateWithZlib }),
  },
  'JPEG (jpeg-js)': { seeds: jpegs, mutate, run: (bytes) => jpegJsCodec.decode(bytes, { maxPixels }) },
  'JPEG (sharp)': { seeds: jpegs, mutate, run: (bytes) => sharp.decode(bytes, { maxPixels }) },
  npy: { seeds: fixture('npy'), mutate, run: (bytes) => decodeNpy(bytes) },
  'MATLAB 5': {
    seeds: [...mats, encodeMat(decodeMat(mats[0]))],
    mutate,
    run: (bytes) => decodeMat(bytes, { maxBytes: 16_000_000 }),
  },
  npz: { seeds: archives, mutate, run: (bytes) => decodeNpz(bytes, { maxBytes: 16_000_000 }) },
  'COCO JSON': { seeds: [coco], mutate, run: readCoco },
  'VOC annotation': {
    seeds: [xml],
    mutate,
    run: (bytes) => parseVocAnnotation(new TextDecoder().decode(bytes), 'a.xml'),
  },
}

/** One to eight bytes, words or stretches changed, the file cut or grown. */
function mutate(seed) {
  let bytes = seed.slice()
  for (let change = rng.integer(8); change >= 0; change--) {
    const at = rng.integer(Math.max(1, bytes.length))
    switch (rng.integer(6)) {
      case 0:
        bytes[at] = rng.integer(256)
        break
      case 1:
        bytes[at] ^= 1 << rng.integer(8)
        break
      case 2:
        bytes.set([0xff, 0xff, 0xff, 0x7f].slice(0, bytes.length - at), at)
        break
      case 3:
        bytes = bytes.slice(0, at)
        break
      case 4:
        bytes.copyWithin(at, rng.integer(Math.max(1, bytes.length)))
        break
      default:
        bytes = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at - rng.integer(Math.min(at, 40) + 1))])
    }
  }
  return bytes
}

/** Half of the damaged PNG files get right checksums, so that the damage is met behind them. */
function mutatePng(seed) {
  const bytes = mutate(seed)
  if (rng.integer(2) === 0) return bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at)
    if (end > bytes.length) break
    view.setUint32(end - 4, crc32(bytes.subarray(at + 4, end - 4)))
    at = end
  }
  return bytes
}

function crc32(bytes) {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

let failed = 0
for (const [name, { seeds, mutate: damage, run }] of Object.entries(codecs)) {
  const outcome = { values: 0, errors: 0, other: 0, slowest: 0, memory: 0 }
  for (let i = 0; i < count; i++) {
    const bytes = damage(rng.pick(seeds))
    const start = performance.now()
    try {
      await run(bytes)
      outcome.values++
    } catch (error) {
      if (error instanceof PixelwiseError) outcome.errors++
      else {
        outcome.other++
        if (outcome.other <= 3)
          console.error(`${name}: ${error?.stack ?? error}\n${Buffer.from(bytes).toString('base64').slice(0, 400)}`)
      }
    }
    outcome.slowest = Math.max(outcome.slowest, performance.now() - start)
    if (i % 50 === 0) outcome.memory = Math.max(outcome.memory, process.memoryUsage().rss)
  }
  failed += outcome.other
  console.log(
    `${name.padEnd(16)} ${count} files: ${outcome.values} read, ${outcome.errors} refused, ${outcome.other} other errors; slowest ${outcome.slowest.toFixed(0)} ms, memory ${(outcome.memory / 2 ** 20).toFixed(0)} MiB`,
  )
}
process.exitCode = failed === 0 ? 0 : 1
