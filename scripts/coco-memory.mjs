/**
 * Writes a COCO annotation file as large as train2014's, opens it in a process of its own and prints the time and memory
 * that took. `node scripts/coco-memory.mjs [images, default 82783]      (build first: npm run setup; needs 500 MB of disk)`
 */
import { execFileSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodePng } from '@pixelwise/datasets'
import { openCoco } from '@pixelwise/datasets/node'
import { Rng } from '@pixelwise/masks/shared'

/** train2014 has 604,907 annotations on 82,783 images: 7.3 each, of 740 bytes on average. */
const annotationsPerImage = 7.3
const corners = 52
const size = { height: 48, width: 64 }
const fileName = (id) => `COCO_train2014_${String(id).padStart(12, '0')}.png`

if (process.argv[2] === '--open') await openAndReport(process.argv[3])
else await main(Number(process.argv[2] ?? 82_783))

async function main(images) {
  const folder = mkdtempSync(join(tmpdir(), 'coco-memory-'))
  try {
    const file = join(folder, 'instances_train2014.json')
    const annotations = await writeAnnotations(file, images)
    const image = encodePng({ ...size, channels: 3, data: new Uint8Array(size.height * size.width * 3) })
    for (const id of [1, images]) writeFileSync(join(folder, fileName(id)), image)
    const megabytes = (statSync(file).size / 1e6).toFixed(0)
    console.log(`${megabytes} MB of JSON: ${images} images, ${annotations} annotations`)
    process.stdout.write(execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--open', folder]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function openAndReport(folder) {
  const start = performance.now()
  const coco = await openCoco(folder, { split: 'train2014', images: folder })
  const seconds = (performance.now() - start) / 1000
  const counts = []
  for (const index of [0, coco.length - 1]) counts.push((await coco.at(index)).objects.length)
  const { maxRSS } = process.resourceUsage()
  const peak = (maxRSS / 1024).toFixed(0)
  console.log(
    `opened in ${seconds.toFixed(1)} s, ${counts.join(' and ')} objects in the first and last image, peak memory ${peak} MiB`,
  )
  if (maxRSS > 1e6) process.exitCode = 1
}

async function writeAnnotations(file, images) {
  const stream = createWriteStream(file)
  const write = async (text) => {
    if (!stream.write(text)) await new Promise((resolve) => stream.once('drain', resolve))
  }
  const rng = new Rng('coco')
  await write('{"info":{"year":2014},"images":[')
  for (let id = 1; id <= images; id++) {
    const image = { license: 5, file_name: fileName(id), coco_url: `http://images/${id}`, ...size, id }
    await write((id > 1 ? ',' : '') + JSON.stringify(image))
  }
  await write('],"licenses":[],"annotations":[')
  const count = Math.round(images * annotationsPerImage)
  for (let i = 0; i < count; i++)
    await write((i > 0 ? ',' : '') + annotation(i, 1 + Math.floor((i * images) / count), rng))
  await write('],"categories":[{"supercategory":"animal","id":17,"name":"cat"}]}')
  await new Promise((resolve) => stream.end(resolve))
  return count
}

function annotation(id, image, rng) {
  const outline = Array.from({ length: 2 * corners }, (_, k) =>
    Number(rng.uniform(0, k % 2 ? size.height : size.width).toFixed(2)),
  )
  const [x, y, area] = [rng.integer(9), rng.integer(9), rng.uniform(10, 900)]
  return JSON.stringify({
    segmentation: [outline],
    area,
    iscrowd: 0,
    image_id: image,
    bbox: [x, y, 20, 20],
    category_id: 17,
    id,
  })
}
