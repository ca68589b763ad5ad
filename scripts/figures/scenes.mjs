/**
 * Draws docs/figures/scenes.png: scenes, their labels, and the labels of the net that `npm run demo` trains, which is the
 * sample of examples/browser.
 *
 *     node scripts/figures/scenes.mjs
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { coreLayers, LayerRegistry, predictLabels, Rng, useBackend } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { encodePng, synthesizeScene, vocPalette } from '@pixelwise/datasets'
import { colourize, mosaic, overlay } from '@pixelwise/visuals'
import { figure } from './drawing.mjs'

await useBackend()
const folder = fileURLToPath(new URL('../../examples/browser/public/sample/model', import.meta.url))
const { model, description } = await loadModel(folder, { layers: new LayerRegistry(coreLayers) })
const { preprocessing } = description
const palette = vocPalette()

const pictures = []
for (const seed of [1001, 1002, 1003]) {
  const { image, labels } = synthesizeScene(new Rng(seed), { height: 120, width: 160 })
  const [prediction] = await predictLabels(model, [image], { preprocessing })
  pictures.push(image, colourize(labels, palette), overlay(image, prediction, { palette }))
}
writeFileSync(figure('scenes.png'), encodePng(mosaic(pictures, { columns: 3 })))
