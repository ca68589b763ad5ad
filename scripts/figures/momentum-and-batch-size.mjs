/**
 * Draws docs/figures/momentum-and-batch-size.svg, Figure 1.1 of Long 2016: how much each example weighs in an update, with
 * momentum 0.9 and batches of 20, and with the momentum that is equivalent for single images.
 *
 *     node scripts/figures/momentum-and-batch-size.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { equivalentMomentum, exampleWeights } from '@pixelwise/training'
import { lineChart } from '@pixelwise/visuals'

const examples = 200
const [momentum, batchSize] = [0.9, 20]
const single = equivalentMomentum(momentum, { from: batchSize, to: 1 })
const svg = lineChart({
  title: 'Weight of each example in an update, the latest first',
  series: [
    { name: `momentum ${momentum}, batches of ${batchSize}`, y: exampleWeights(momentum, batchSize, examples) },
    { name: `momentum ${single.toFixed(4)}, one image at a time`, y: exampleWeights(single, 1, examples) },
  ].map((series) => ({ ...series, x: Array.from({ length: examples }, (_, j) => j) })),
  xLabel: 'examples ago',
})
const folder = new URL('../../docs/figures/', import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(new URL('momentum-and-batch-size.svg', folder), svg)
