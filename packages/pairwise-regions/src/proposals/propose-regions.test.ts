import { vggSmall } from '@pixelwise/backbones'
import { EagerEngine, type Engine, useBackend } from '@pixelwise/core'
import { maskArea } from '@pixelwise/masks'
import { Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { regionNet } from '../networks/build-region-net.js'
import type { RegionNet } from '../networks/region-net.js'
import { retapped } from '../networks/retapped.js'
import { prepareRegionNet, proposeRegions } from './propose-regions.js'

await useBackend('wasm', { threads: 1 }) // before the nets below are built

const pathways = [
  { tap: 'fine', kernel: 3, window: 5 },
  { tap: 'coarse', kernel: 3, window: 4 },
]
const rng = new Rng(5)
const noise = (height: number, width: number) => ({
  height,
  width,
  channels: 3,
  data: Uint8Array.from({ length: height * width * 3 }, () => rng.integer(256)),
})

function smallNet(options: { scores?: boolean; step?: number } = {}): RegionNet {
  const backbone = retapped(vggSmall({ seed: 1, width: 0.25 }), { fine: 'relu2_2', coarse: 'relu4_2' })
  return regionNet(backbone, { pathways, ...options })
}

test('an image of any size becomes proposals of its size, best first', async () => {
  const net = smallNet()
  const image = noise(37, 53)
  const proposals = await proposeRegions(net, image, { limit: 20 })
  expect(proposals.length).toBeGreaterThan(5)
  for (const { mask } of proposals) {
    expect([mask.height, mask.width]).toEqual([37, 53])
    expect(maskArea(mask)).toBeGreaterThan(0)
  }
  const scores = proposals.map(({ score }) => score)
  expect(scores).toEqual([...scores].sort((a, b) => b - a))
})

test('regions lie where the net says, on the padded image, and scores are its last outputs', async () => {
  const net = smallNet({ step: 2 })
  const prepared = await prepareRegionNet(net)
  const image = noise(30, 50)
  const predicted = await prepared.predict(image)
  expect(predicted.map(({ regions }) => [regions.grid, regions.window, regions.stride, regions.step])).toEqual([
    [[8, 14], 5, 2, 2],
    [[2, 4], 4, 8, 2],
  ])
  const scale = net.preprocessing.scale[0]
  const values = new Float32Array(32 * 56 * 3)
  image.data.forEach((value, i) => {
    const [row, column, channel] = [Math.floor(i / 150), Math.floor(i / 3) % 50, i % 3]
    const source = net.preprocessing.channelOrder === 'bgr' ? 2 - channel : channel
    values[(row * 56 + column) * 3 + source] = (value - net.preprocessing.mean[source]) * scale
  })
  const outputs = net.model.predict(tf.tensor4d(values, [1, 32, 56, 3])) as tf.Tensor[]
  outputs.forEach((output, i) => {
    const read = i < 2 ? predicted[i].regions.data : predicted[i - 2].scores
    expect(Array.from(read)).toEqual([...output.dataSync()])
  })
})

test('a net without scores ranks by the confidence of its masks', async () => {
  const prepared = await prepareRegionNet(smallNet({ scores: false }))
  const [first, second] = await prepared.propose(noise(32, 32), { maxIoU: 1, limit: 2 })
  expect(first.score).toBeGreaterThanOrEqual(second.score)
  expect(second.score).toBeGreaterThan(0.5)
})

test('image after image takes no memory, and an engine is disposed', async () => {
  const events: string[] = []
  const engine: Engine = new (class extends EagerEngine {
    override async prepare(model: Parameters<EagerEngine['prepare']>[0]) {
      const prepared = await super.prepare(model)
      return { run: prepared.run, dispose: () => void events.push('disposed') }
    }
  })()
  const net = smallNet()
  await proposeRegions(net, noise(20, 20), { engine })
  const before = tf.memory().numTensors
  await proposeRegions(net, noise(30, 20), { engine })
  await expect(
    proposeRegions(net, { ...noise(8, 8), channels: 1, data: new Uint8Array(64) }, { engine }),
  ).rejects.toThrow('raster 8×8×1: rgb input has 3 channels; repeat the grey value three times')
  expect(tf.memory().numTensors).toBe(before)
  expect(events).toEqual(['disposed', 'disposed', 'disposed'])
})
