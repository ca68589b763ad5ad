// How much memory the region loss takes at 640×480 with 22 objects, forward and backward, beyond its input:
//
//   node experiments/region-loss-memory/run.mjs
//
// Each pathway is measured in a process of its own, as the growth of the largest resident set over that before the loss.
// Beside it stands the size of one tensor that holds every region of the pathway at full resolution.
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Rng, useBackend } from '@pixelwise/core'
import { centredOrigin, gridOf, regionBatch, regionLogistic } from '@pixelwise/pairwise-regions'
import * as tf from '@tensorflow/tfjs-core'

const [height, width] = [480, 640]
const pathways = [
  { name: 's2 R14', stride: 2, window: 14 },
  { name: 's8 R18', stride: 8, window: 18 },
  { name: 's32 R18', stride: 32, window: 18 },
]
const preprocessing = { inputKind: 'grey', channelOrder: 'rgb', mean: [0], scale: [1] }

const [, , chosen] = process.argv
if (chosen === undefined) pathways.forEach(measureApart)
else await measure(pathways[Number(chosen)])

function measureApart(_, index) {
  spawnSync(process.execPath, [fileURLToPath(import.meta.url), String(index)], {
    stdio: 'inherit',
  })
}

async function measure({ name, ...shape }) {
  await useBackend('cpu')
  const pathway = { name, ...shape, origin: centredOrigin(shape.window), step: 1 }
  const grid = gridOf(pathway, [height, width])
  const { targets } = regionBatch([{ image: grey(), instances: objects(new Rng(1)) }], {
    net: { pathways: [pathway], scored: false, preprocessing },
    regions: 1024,
    rng: new Rng(2),
  })
  const active = [...targets[2].dataSync()].filter((weight) => weight > 0).length
  const count = grid[0] * grid[1]
  const logits = tf.tensor4d(waves(count * shape.window ** 2), [1, ...grid, shape.window ** 2])
  const before = process.memoryUsage().rss
  tf.valueAndGrad((z) => regionLogistic(z, ...targets, { stride: shape.stride }))(logits)
  const peak = process.resourceUsage().maxRSS * 1024 - before
  const everything = count * (shape.stride * shape.window) ** 2 * 4
  console.log(
    `${name}: ${active} of ${count} regions active, +${megabytes(peak)} MB; all at full resolution: ${megabytes(everything)} MB`,
  )
}

function grey() {
  return { height, width, channels: 1, data: new Uint8Array(height * width) }
}

/** Discs of 6 to 120 pixels across, the larger behind. */
function objects(rng) {
  const labels = new Uint8Array(height * width)
  const radii = Array.from({ length: 22 }, () => rng.uniform(3, 60)).sort((a, b) => b - a)
  for (const [i, radius] of radii.entries()) {
    const [y, x] = [rng.uniform(0, height), rng.uniform(0, width)]
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        if (Math.hypot(row - y, column - x) < radius) labels[row * width + column] = i + 1
      }
    }
  }
  return { height, width, labels }
}

function waves(count) {
  return Float32Array.from({ length: count }, (_, k) => Math.sin(0.37 * k))
}

function megabytes(bytes) {
  return Math.round(bytes / 1e6)
}
