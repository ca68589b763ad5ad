import { vgg, vgg16, vggSmall } from '@pixelwise/backbones'
import { compiledEngine } from '@pixelwise/compiler/node'
import { preprocess, useBackend } from '@pixelwise/core'
import { Rng } from '@pixelwise/masks/shared'
import { regionCount, regionNet, retapped, vgg16Pathways, vgg16RegionTaps } from '@pixelwise/pairwise-regions'
import { summarise } from '../backends/statistics.mjs'

const nets = {
  small: {
    label: 'small VGG (16 to 96 channels)',
    backbone: () => vggSmall({ dropout: 0, start: 'msra', seed: 1 }),
    taps: { ...vgg16RegionTaps, conv3_3: 'relu3_2', conv4_3: 'relu4_2', conv5_3: 'relu5_1' },
    pathways: vgg16Pathways,
  },
  vgg16: {
    label: 'VGG-16, fc6 reduced to 256 channels',
    backbone: vgg16OfThesis,
    taps: vgg16RegionTaps,
    pathways: vgg16Pathways.map((pathway) => (pathway.tap === 'fc6' ? { ...pathway, reduction: 256 } : pathway)),
  },
}

/** VGG-16 whose maps have the image's size over their stride; the weights are zeros, which take as long as any. */
function vgg16OfThesis() {
  return vgg({
    ...{ name: 'vgg16', preprocessing: vgg16({ width: 0.01 }).preprocessing, dropout: 0 },
    stages: [64, 128, 256, 512, 512].map((channels, s) => ({ channels, depth: s < 2 ? 2 : 3 })),
    classifier: { kernel: 7, channels: 4096, pad: 3 },
  })
}

export const pyramidNets = Object.keys(nets)

/**
 * All pathways of a net on an image, beside its coarsest pathway on the image and on enlargements of it: the two ways
 * to regions of many sizes. Source: Long 2016, §4.3.4.
 */
export async function measurePyramid({ net: name, size, scales, rounds, progress }) {
  await useBackend('wasm', { threads: 1 })
  const { label, backbone, taps, pathways: all } = nets[name]
  const built = backbone()
  const full = regionNet(retapped(built, taps), { pathways: all })
  const coarsest = regionNet(retapped(built, { fc6: taps.fc6 }), { pathways: all.slice(-1) })
  const engine = await compiledEngine({ fallback: 'error' })
  const rng = new Rng(1)
  const inputs = await Promise.all(
    [full, ...scales.map(() => coarsest)].map(async (net, i) => {
      const [height, width] = size.map((length) => length * (i === 0 ? 1 : scales[i - 1]))
      const data = Uint8Array.from({ length: height * width * 3 }, () => rng.integer(256))
      return {
        label: i === 0 ? 'all five pathways' : `coarsest pathway, ${scales[i - 1]}× image`,
        regions: regionCount(net.pathways, [height, width]),
        prepared: i === 0 || i === 1 ? await engine.prepare(net.model) : undefined,
        input: preprocess({ height, width, channels: 3, data }, net.preprocessing),
        seconds: [],
      }
    }),
  )
  for (let round = -1; round < rounds; round++) {
    for (const [i, task] of inputs.entries()) {
      progress(`pyramid, ${label}: ${task.label}, ${round < 0 ? 'first run' : `round ${round + 1} of ${rounds}`}`)
      const { prepared } = inputs[Math.min(i, 1)]
      const start = performance.now()
      const outputs = await prepared.run([task.input])
      await Promise.all(outputs.map((output) => output.data()))
      const seconds = (performance.now() - start) / 1000
      for (const output of outputs) output.dispose()
      if (round >= 0) task.seconds.push(seconds)
    }
  }
  for (const { prepared, input } of inputs) {
    prepared?.dispose()
    input.dispose()
  }
  const tasks = inputs.map(({ label: what, regions, seconds }) => ({
    task: what,
    regions,
    seconds: summarise(seconds),
  }))
  return { net: label, size, tasks }
}
