// Draws a folder as yours might be: JPEG photos, labels as PNG with the number of the class in each pixel, class names.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Rng } from '@pixelwise/core'
import { encodeLabels, jpegJsCodec, synthesizeScene, vocPalette } from '@pixelwise/datasets'

const options = optionsOf({
  root: { type: 'string', default: 'photos' },
  pictures: { type: 'string', default: '64' },
  seed: { type: 'string', default: '1' },
})

/** What is drawn, in the order of the labels after 0; what it is called is one's own choice. */
const names = { ball: 'marble', crate: 'parcel' }
const size = { height: 48, width: 64 }

for (const folder of ['images', 'labels']) await mkdir(join(options.root, folder), { recursive: true })
const rng = new Rng(options.seed)
for (let i = 1; i <= Number(options.pictures); i++) {
  const id = `IMG_${String(i).padStart(4, '0')}`
  const { image, labels } = synthesizeScene(rng.split(id), { ...size, classes: Object.keys(names), objects: [2, 4] })
  await writeFile(join(options.root, 'images', `${id}.jpg`), await jpegJsCodec.encode(image, 95))
  await writeFile(join(options.root, 'labels', `${id}.png`), encodeLabels(labels, vocPalette()))
}
await writeFile(join(options.root, 'classes.txt'), `table\n${Object.values(names).join('\n')}\n`)
console.log(`drew ${options.pictures} pictures with labels into ${options.root}`)

/** The values of options; a mistyped one is told in a line, with exit code 2. */
function optionsOf(options) {
  try {
    return parseArgs({ options }).values
  } catch ({ message }) {
    console.error(`error: ${message.split('. ')[0]}; known: --${Object.keys(options).join(', --')}`)
    process.exit(2)
  }
}
