/**
 * Draws docs/figures/labels.png: a scene that a net has not seen, and the same under its labels, with their names. It
 * needs Chromium, and a net, trained by
 *
 *     npx pixelwise datasets synthesize voc scenes --train 400 --val 20 --size 192x256 --seed 1
 *     npx pixelwise init large.yaml --kind voc --root scenes
 *     npx pixelwise train large.yaml --steps 1000
 *     node scripts/figures/labels.mjs runs/large/model [CHROMIUM]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { coreLayers, LayerRegistry, predictLabels, Rng, useBackend } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { encodePng, synthesizeScene } from '@pixelwise/datasets'
import { hexColour, legendEntries, overlay } from '@pixelwise/visuals'
import { openChromium } from '../browser/chromium.mjs'
import { figure } from './drawing.mjs'

const [folder, chromium = '/usr/bin/chromium'] = process.argv.slice(2)
await useBackend()
const { model, description } = await loadModel(folder, { layers: new LayerRegistry(coreLayers) })
const { preprocessing, classes, palette } = description
const { image } = synthesizeScene(new Rng(2012), { height: 192, width: 256, objects: [6, 6] })
const [labels] = await predictLabels(model, [image], { preprocessing })

const scratch = mkdtempSync(join(tmpdir(), 'pixelwise-figure-'))
const browser = await openChromium(chromium, [])
try {
  const file = join(scratch, 'figure.html')
  writeFileSync(file, page([image, overlay(image, labels, { palette, alpha: 0.6 })]))
  await browser.page.resize(1056, 456)
  await browser.page.open(pathToFileURL(file).href)
  writeFileSync(figure('labels.png'), await browser.page.screenshot())
} finally {
  await browser.close()
  rmSync(scratch, { recursive: true, force: true })
}

/** The pictures at twice their size beside each other, and under them the names of what was found. */
function page(pictures) {
  const found = new Set(labels.labels)
  const names = legendEntries(classes, palette)
    .filter((_, label) => label > 0 && found.has(label))
    .map(({ name, colour }) => `<li><i style="background:${hexColour(colour)}"></i>${name}</li>`)
  const images = pictures.map((one) => `<img src="data:image/png;base64,${base64(one)}" width="512" height="384">`)
  return `<!doctype html><style>
    body{margin:12px;overflow:hidden;background:#fdfcfa;color:#1c1b19;font:20px/1 system-ui,sans-serif}
    img{image-rendering:auto;border-radius:4px}
    div{display:flex;gap:8px}
    ul{list-style:none;display:flex;justify-content:flex-end;gap:28px;margin:14px 4px 0;padding:0}
    i{display:inline-block;width:18px;height:18px;border-radius:3px;margin-right:8px;vertical-align:-2px;opacity:.85}
    </style><div>${images.join('')}</div><ul>${names.join('')}</ul>`
}

function base64(raster) {
  return Buffer.from(encodePng(raster)).toString('base64')
}
