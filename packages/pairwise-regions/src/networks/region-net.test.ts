import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { squeezenet10, vgg, vgg16, vggSmall } from '@pixelwise/backbones'
import { compiledEngine } from '@pixelwise/compiler/node'
import {
  type Backbone,
  coreLayers,
  describeModel,
  LayerRegistry,
  memoryStore,
  outputMaps,
  readModel,
  useBackend,
  writeModel,
} from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { pairwiseLayers } from '../layers/pairwise-layers.js'
import { regionNet } from './build-region-net.js'
import { changeStep } from './change-step.js'
import { vgg16Pathways, vgg16RegionTaps } from './pathway-options.js'
import { regionDescription, storedRegionNet } from './region-description.js'
import { gridOf, type RegionNet, regionCount, sizeUnit } from './region-net.js'
import { retapped } from './retapped.js'

const registry = new LayerRegistry(coreLayers, pairwiseLayers)

await useBackend('wasm', { threads: 1 }) // before the nets below are built

/** A VGG of four stages, tapped before its poolings. */
function smallBackbone(): Backbone {
  return retapped(vggSmall({ seed: 1, width: 0.25 }), { fine: 'relu2_2', middle: 'relu3_2', coarse: 'relu4_2' })
}

const smallPathways = [
  { tap: 'fine', kernel: 3, window: 5 },
  { tap: 'middle', kernel: 3, window: 6 },
  { tap: 'coarse', kernel: 5, window: 4 },
]

function outputsOf({ model }: RegionNet, image: tf.Tensor): tf.Tensor[] {
  return [model.apply(image)].flat() as tf.Tensor[]
}

describe("the thesis's pyramid on VGG-16", () => {
  const backbone = retapped(
    vgg({
      ...{ name: 'vgg16', preprocessing: vgg16({ width: 0.01 }).preprocessing },
      stages: [64, 128, 256, 512, 512].map((channels, s) => ({ channels, depth: s < 2 ? 2 : 3 })),
      classifier: { kernel: 7, channels: 4096, pad: 3 },
    }),
    vgg16RegionTaps,
  )
  const net = regionNet(backbone, { pathways: vgg16Pathways, scores: false, start: 'zeros' })
  const rows = new Map(
    describeModel(net.model, { layers: registry, inputSize: [480, 640] }).map((row) => [row.name, row]),
  )
  const pathwayNames = net.pathways.map(({ name }) => name)
  const row = (name: string) => {
    const found = rows.get(name)
    if (found === undefined) throw new Error(name)
    return found
  }

  test('has the weights and windows of Table 4.1', () => {
    const biasFree = (name: string, filters: number) => row(name).parameters - filters
    expect(net.pathways.map(({ stride, window }) => [stride, stride * window])).toEqual([
      [2, 28],
      [4, 56],
      [8, 144],
      [16, 288],
      [32, 576],
    ])
    expect(net.pathways.map(({ name, window }) => biasFree(`${name}/regions`, window ** 2))).toEqual([
      627200, 1254400, 13436928, 13436928, 107495424,
    ])
    expect(net.pathways.map(({ name, window }) => biasFree(`${name}/matrix`, window ** 2))).toEqual([
      38416, 38416, 104976, 104976, 104976,
    ])
  })

  test('costs what a count by hand gives for 640×480, in giga-multiply-adds', () => {
    const giga = (name: string) => Number((row(name).multiplyAdds / 1e9).toFixed(2))
    expect(pathwayNames.map((name) => giga(`${name}/regions`))).toEqual([48.17, 24.08, 64.5, 16.12, 32.25])
    expect(pathwayNames.map((name) => giga(`${name}/matrix`))).toEqual([2.95, 0.74, 0.5, 0.13, 0.03])
  })

  test('sees beyond its windows only once it is transposed', () => {
    const field = (name: string) => row(name).receptiveField?.rows.kernel
    expect(net.pathways.map(({ name }) => field(`${name}/regions`))).toEqual([22, 56, 156, 324, 660])
    expect(net.pathways.map(({ name }) => field(`${name}/matrix`))).toEqual([48, 108, 292, 596, 1204])
    expect(net.pathways.every(({ name, window, stride }) => Number(field(`${name}/matrix`)) > window * stride)).toBe(
      true,
    )
  })

  test('gives as many regions as counted by hand, at each density', () => {
    const counts = [1, 2, 3, 4, 8].map((step) =>
      regionCount(
        net.pathways.map(({ stride }) => ({ stride, step })),
        [480, 640],
      ),
    )
    expect(counts).toEqual([102300, 25580, 11435, 6400, 1606])
    expect(sizeUnit(net.pathways)).toBe(32)
  })

  test('a reduction makes fc6 affordable', () => {
    const pathways = [{ ...vgg16Pathways[4], reduction: 256 }]
    const slim = regionNet(backbone, { pathways, scores: false, start: 'zeros' })
    const parameters = (name: string) => slim.model.getLayer(name).countParams()
    expect([parameters('fc6/reduce'), parameters('fc6/regions')]).toEqual([4096 * 256 + 256, 81 * 256 * 324 + 324])
  })
})

describe('a region net', () => {
  test.each([
    [{ transpose: false, matrix: false }, ['regions']],
    [{ transpose: false, matrix: true }, ['regions', 'matrix']],
    [{ transpose: true, matrix: false }, ['regions', 'transpose']],
    [{ transpose: true, matrix: true }, ['regions', 'transpose', 'matrix']],
  ])('with %j has the layers %j', (structure, names) => {
    const { model } = regionNet(smallBackbone(), { pathways: smallPathways, scores: false, ...structure })
    const ofPathway = model.layers.filter(({ name }) => name.startsWith('middle/'))
    expect(ofPathway.map(({ name }) => name)).toEqual(names.map((name) => `middle/${name}`))
  })

  test('has one grid of regions and of scores per pathway', () => {
    const net = regionNet(smallBackbone(), { pathways: smallPathways })
    const outputs = outputsOf(net, seededTensor([2, 32, 48, 3], 'image'))
    const grids = net.pathways.map((pathway) => gridOf(pathway, [32, 48]))
    expect(outputs.map(({ shape }) => shape)).toEqual([
      ...net.pathways.map(({ window }, p) => [2, ...grids[p], window ** 2]),
      ...net.pathways.map((_, p) => [2, ...grids[p], 1]),
    ])
  })

  test('starts as the transposed net without a matrix', () => {
    const at = (matrix: boolean) => regionNet(smallBackbone(), { pathways: smallPathways, scores: false, matrix })
    const image = seededTensor([1, 32, 32, 3], 'image')
    const [plain] = outputsOf(at(false), image)
    const [multiplied] = outputsOf(at(true), image)
    const [spread, difference] = [plain, tf.sub(multiplied, plain)].map((x) =>
      Math.sqrt(tf.mean(tf.square(x)).dataSync()[0]),
    )
    expect(spread).toBeGreaterThan(0)
    expect(difference / spread).toBeLessThan(0.15) // noise of 0.01 over 25 entries: √25 · 0.01 = 0.05
  })

  test('reads features times a fixed scale', () => {
    const build = (scale: number) =>
      regionNet(smallBackbone(), { pathways: [{ ...smallPathways[0], scale }], transpose: false, matrix: false })
    const image = seededTensor([1, 32, 32, 3], 'image')
    const [whole, half] = [1, 0.5].map((scale) => outputsOf(build(scale), image)[0])
    expect(tf.max(tf.abs(tf.sub(half, tf.mul(whole, 0.5)))).dataSync()[0]).toBeLessThan(1e-6)
    expect(build(0.5).model.trainableWeights.map(({ name }) => name)).not.toContain('fine/scale/scale')
  })

  test('without a transpose, convolution and matrix are one convolution with their product', () => {
    const pathways = [{ tap: 'fine', kernel: 3, window: 4 }]
    const options = { pathways, scores: false, transpose: false }
    const both = regionNet(smallBackbone(), { ...options, matrix: true }).model
    const one = regionNet(smallBackbone(), { ...options, matrix: false }).model
    const weights = (layer: string) => both.getLayer(layer).getWeights()
    const [kernel, bias] = weights('fine/regions')
    const [matrix, shift] = weights('fine/matrix')
    const square = matrix as tf.Tensor2D
    const product = tf.reshape(tf.matMul(tf.reshape<tf.Rank.R2>(kernel, [-1, 16]), square), kernel.shape)
    const offset = tf.add(tf.reshape(tf.matMul(tf.reshape<tf.Rank.R2>(bias, [1, 16]), square), [16]), shift)
    one.getLayer('fine/regions').setWeights([product, offset])
    const image = seededTensor([1, 32, 32, 3], 'image')
    const [a, b] = [both, one].map((model) => model.apply(image) as tf.Tensor)
    expect(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]).toBeLessThan(1e-5)
  })

  test.each([true, false])('thinned out gives every step-th of its regions (transposed: %s)', (transpose) => {
    const net = regionNet(smallBackbone(), { pathways: smallPathways, transpose })
    const image = seededTensor([1, 64, 96, 3], 'image')
    const dense = outputsOf(net, image)
    for (const step of [2, 3, 4]) {
      const sparse = changeStep(net, step)
      expect(sparse.pathways.map((pathway) => pathway.step)).toEqual([step, step, step])
      outputsOf(sparse, image).forEach((output, i) => {
        const kept = tf.stridedSlice(dense[i], [0, 0, 0, 0], dense[i].shape, [1, step, step, 1])
        expect(output.shape).toEqual(kept.shape)
        expect(tf.max(tf.abs(tf.sub(output, kept))).dataSync()[0]).toBeLessThan(1e-5)
      })
    }
  })

  test('built with a step has the layers of one thinned out', () => {
    const built = regionNet(smallBackbone(), { pathways: smallPathways, step: 2 })
    const thinned = changeStep(regionNet(smallBackbone(), { pathways: smallPathways }), 2)
    const image = seededTensor([1, 32, 32, 3], 'image')
    const [a, b] = [built, thinned].map((net) => outputsOf(net, image))
    for (const [i, output] of a.entries()) {
      expect(tf.max(tf.abs(tf.sub(output, b[i]))).dataSync()[0]).toBeLessThan(1e-6)
    }
  })

  test('thinned out costs 1/step² of its filters', () => {
    const net = regionNet(smallBackbone(), { pathways: [{ tap: 'fine', kernel: 3, window: 14 }], scores: false })
    const cost = (of: RegionNet) =>
      describeModel(of.model, { layers: registry, inputSize: [240, 320] }).find(({ name }) => name === 'fine/regions')
        ?.multiplyAdds ?? Number.NaN
    const dense = cost(net)
    expect([2, 3, 4].map((step) => Math.abs((cost(changeStep(net, step)) * step ** 2) / dense - 1) < 0.05)).toEqual([
      true,
      true,
      true,
    ])
  })

  test('looks where it says', () => {
    const net = regionNet(smallBackbone(), { pathways: smallPathways, scores: false })
    const maps = outputMaps(net.model, { layers: registry })
    net.pathways.forEach(({ stride, window, origin }, p) => {
      // The middle of the window of the first region, in pixels: for an even window between two of them.
      expect(maps[p]?.rows.offset).toBe((stride - 1) / 2 + stride * ((window - 1) / 2 - origin))
      expect(maps[p]?.columns.stride).toBe(stride)
    })
  })

  test('is the same compiled', async () => {
    const engine = await compiledEngine({ fallback: 'error' })
    const image = seededTensor([1, 64, 48, 3], 'image')
    const net = regionNet(smallBackbone(), { pathways: smallPathways })
    for (const of of [net, changeStep(net, 3)]) {
      const eager = outputsOf(of, image)
      const prepared = await engine.prepare(of.model)
      const compiled = await prepared.run([image])
      for (const [i, output] of compiled.entries()) {
        expect(tf.max(tf.abs(tf.sub(output, eager[i]))).dataSync()[0]).toBeLessThan(1e-4)
      }
      prepared.dispose()
    }
  })

  test('is stored with its pathways and loaded again', async () => {
    const net = changeStep(regionNet(smallBackbone(), { pathways: smallPathways }), 2)
    const store = memoryStore()
    await writeModel(net.model, store, { description: regionDescription(net) })
    const again = storedRegionNet(await readModel(store, { layers: registry }))
    expect({ ...again, model: undefined }).toEqual({ ...net, model: undefined })
    const image = seededTensor([1, 32, 32, 3], 'image')
    const [a, b] = [net, again].map((of) => outputsOf(of, image))
    for (const [i, output] of a.entries()) expect(b[i].dataSync()).toEqual(output.dataSync())
  })
})

describe('says what is wrong with', () => {
  const pathways = smallPathways
  test('a tap that is not there', () => {
    expect(() => regionNet(smallBackbone(), { pathways: [{ tap: 'fines', kernel: 3, window: 5 }] })).toThrow(
      new PixelwiseError('regions/no-such-tap', {
        what: 'vgg-small has no tap "fines"',
        rule: 'its taps are fine, middle, coarse',
        next: 'choose one of these, or give the backbone others with retapped',
      }),
    )
  })

  test('a tap beside its cells', () => {
    const shifted = squeezenet10({ width: 0.1, pad: 0 })
    expect(() => regionNet(shifted, { pathways: [{ tap: 'conv1', kernel: 3, window: 5 }] })).toThrow(
      new PixelwiseError('regions/misaligned-tap', {
        what: 'tap "conv1" of squeezenet1.0 looks 2.5 rows and 2.5 columns of pixels beside its cells (stride 2×2)',
        rule: 'a tap has one stride in both axes, and its features look less than half a cell beside the middle of their cell',
        next: 'build the backbone with another pad of its first convolution, so that maps have the size of the image divided by the stride',
      }),
    )
    const taps = squeezenet10({ width: 0.1, pad: 3 }).taps.map(({ name }) => ({ tap: name, kernel: 3, window: 5 }))
    expect(() => regionNet(squeezenet10({ width: 0.1, pad: 3 }), { pathways: taps })).not.toThrow()
  })

  test('an even kernel', () => {
    expect(() => regionNet(smallBackbone(), { pathways: [{ ...pathways[0], kernel: 4 }] })).toThrow(
      new PixelwiseError('regions/bad-pathway', {
        what: 'pathway fine: kernel 4, window 5, scale 1, reduction 1',
        rule: 'a kernel is an odd number of cells, a window and a reduction are whole numbers from 1, a scale is a finite number',
        next: 'see vgg16Pathways for those of the thesis',
      }),
    )
  })

  test('a net that is thinned out twice', () => {
    const once = changeStep(regionNet(smallBackbone(), { pathways }), 2)
    expect(() => changeStep(once, 2)).toThrow(
      new PixelwiseError('regions/bad-step', {
        what: 'step 2 of a net with step 2',
        rule: 'a step is a whole number of cells, from 1, and counts from the net with all regions',
        next: 'thin out the net that was trained, once',
      }),
    )
  })

  test('a layer that is not there', () => {
    expect(() => retapped(vggSmall({ seed: 1 }), { fine: 'relu2_3' })).toThrow(
      new PixelwiseError('backbone/no-such-layer', {
        what: '"relu2_3" is no layer of vgg-small',
        rule: 'taps are outputs of its layers',
        next: 'did you mean "relu2_1"?',
      }),
    )
  })

  test('a model that is no region net', () => {
    const { model, preprocessing } = regionNet(smallBackbone(), { pathways })
    expect(() => storedRegionNet({ model, description: { preprocessing } })).toThrow(
      new PixelwiseError('regions/no-region-net', {
        what: 'model regions-vgg-small with 6 outputs, described as null',
        rule: 'a region net is described by extensions.regions: its pathways, one output of window² channels each, and whether it scores',
        next: 'save the net with regionDescription(net) as its description',
      }),
    )
  })
})
