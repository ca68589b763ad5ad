import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { importCaffeFiles } from '@pixelwise/caffe-import/node'
import { compiledEngine } from '@pixelwise/compiler/node'
import { predictLabels, Rng, useBackend } from '@pixelwise/core'
import { decodeImage, encodeLabels, encodePng, synthesizeScene, vocClasses } from '@pixelwise/datasets'
import { overlay } from '@pixelwise/visuals'

const options = optionsOf({
  net: { type: 'string', default: 'fcn8s.prototxt' },
  weights: { type: 'string', default: 'voc-fcn8s.caffemodel' },
  image: { type: 'string' },
  out: { type: 'string', default: 'out' },
})

await useBackend('cpu') // only holds the weights: ONNX Runtime computes
const isTrained = existsSync(options.weights)
if (!isTrained) {
  console.error(`no file ${options.weights}: drawing random weights, so the labels will mean nothing`)
  console.error('get the published ones with: npx pixelwise models download voc-fcn8s')
}
const { model, preprocessing } = await importCaffeFiles({
  net: options.net,
  ...(isTrained && { weights: options.weights }),
  // The mean of VOC's training images, blue first, as the published data layer takes it off.
  preprocessing: { channelOrder: 'bgr', mean: [104.00699, 116.66877, 122.67892] },
})

const image = options.image
  ? await decodeImage(await readFile(options.image))
  : synthesizeScene(new Rng(1), { height: 96, width: 128 }).image
const engine = await compiledEngine()
const [labels] = await predictLabels(model, [image], { preprocessing, engine })

const { names, palette } = vocClasses
const name = options.image ? basename(options.image).replace(/\.\w+$/, '') : 'scene'
await mkdir(options.out, { recursive: true })
await save(`${name}.png`, encodeLabels(labels, palette))
await save(`${name}-overlay.png`, encodePng(overlay(image, labels, { palette })))
const found = [...new Set(labels.labels)].map((label) => names[label])
console.log(
  `${name}, ${labels.height}×${labels.width} pixels, with ${isTrained ? 'trained' : 'random'} weights: ${found.join(', ')}`,
)

async function save(file, bytes) {
  const path = join(options.out, file)
  await writeFile(`${path}.part`, bytes)
  await rename(`${path}.part`, path)
  console.error(`wrote ${path}`)
}

/** The values of options; a mistyped one is told in a line, with exit code 2. */
function optionsOf(options) {
  try {
    return parseArgs({ options }).values
  } catch ({ message }) {
    console.error(`error: ${message.split('. ')[0]}; known: --${Object.keys(options).join(', --')}`)
    process.exit(2)
  }
}
