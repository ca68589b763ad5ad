import { readFileSync } from 'node:fs'
import { useBackend } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, model } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { uniform, uniformFilter } from '../test-support/oracle-weights.js'
import { densenet121Classifier } from './densenet.js'
import type { ClassifierOptions } from './options.js'
import { resnet50Classifier, resnet101Classifier, resnet152Classifier } from './resnet.js'
import { squeezenet10Classifier, squeezenet11Classifier } from './squeezenet.js'
import { vgg16Classifier, vgg19Classifier } from './vgg.js'

// Outputs of torchvision's own definitions at full width: oracles/backbones/torchvision_outputs.py.
const { nets } = JSON.parse(readFileSync(new URL('fixtures/torchvision.json', import.meta.url), 'utf8')) as {
  nets: {
    name: string
    size: [number, number]
    parameters: number
    shape: number[]
    largest: number
    places: number[]
    values: number[]
  }[]
}

beforeAll(async () => {
  await useBackend('wasm', { threads: 1 })
})

/** A layer with weights, in torchvision's order; a normalisation is two layers, as in Caffe. */
type Part = { readonly filter: string } | { readonly normalization: readonly [statistics: string, scale: string] }

const torchvision = { variant: 'torchvision', logits: true } as const
const subjects: Record<string, { build: (options: ClassifierOptions) => LayersModel; parts: Part[]; end?: string }> = {
  vgg16: { build: vgg16Classifier, parts: vggParts(3), end: 'pool5' },
  vgg19: { build: vgg19Classifier, parts: vggParts(4), end: 'pool5' },
  resnet50: {
    build: (options) => resnet50Classifier({ ...options, ...torchvision }),
    parts: resnetParts('abcd', 'abcdef'),
  },
  resnet101: {
    build: (options) => resnet101Classifier({ ...options, ...torchvision }),
    parts: resnetParts(numbered(4), numbered(23)),
  },
  resnet152: {
    build: (options) => resnet152Classifier({ ...options, ...torchvision }),
    parts: resnetParts(numbered(8), numbered(36)),
  },
  squeezenet1_0: {
    build: (options) => squeezenet10Classifier({ ...options, ...torchvision }),
    parts: squeezenetParts(),
  },
  squeezenet1_1: {
    build: (options) => squeezenet11Classifier({ ...options, ...torchvision }),
    parts: squeezenetParts(),
  },
  densenet121: { build: (options) => densenet121Classifier({ ...options, ...torchvision }), parts: densenetParts() },
}

test.each(nets)(
  '$name gives the outputs of torchvision’s net at full width',
  ({ name, size, parameters, ...expected }) => {
    const { build, parts, end } = subjects[name]
    const classifier = build({ inputSize: size })
    const net =
      end === undefined ? classifier : model({ inputs: classifier.inputs, outputs: classifier.getLayer(end).output })
    fill(net, parts)
    const [height, width] = size
    const image = tf.tensor4d(Float32Array.from(uniform(9999, 3 * height * width)), [1, 3, height, width])
    if (end === undefined) expect(learned(net)).toBe(parameters)
    const output = tf.tidy(() => {
      const map = net.predict(tf.transpose(image, [0, 2, 3, 1])) as tf.Tensor
      return map.shape.length === 4 ? tf.transpose(map, [0, 3, 1, 2]) : map
    })
    expect(output.shape).toEqual(expected.shape)
    const found = output.dataSync()
    for (const [i, place] of expected.places.entries()) {
      expect(Math.abs(found[place] - expected.values[i]) / expected.largest).toBeLessThan(1e-5)
    }
    classifier.dispose()
  },
)

function learned({ trainableWeights }: LayersModel): number {
  return trainableWeights.reduce(
    (sum, { shape }) => sum + shape.reduce<number>((product, size) => product * size!, 1),
    0,
  )
}

function vggParts(long: number): Part[] {
  return [2, 2, long, long, long].flatMap((depth, s) =>
    Array.from({ length: depth }, (_, i) => ({ filter: `conv${s + 1}_${i + 1}` })),
  )
}

function numbered(blocks: number): string[] {
  return ['a', ...Array.from({ length: blocks - 1 }, (_, i) => `b${i + 1}`)]
}

function resnetParts(third: Iterable<string>, fourth: Iterable<string>): Part[] {
  const convolution = (block: string, branch: string): Part[] => [
    { filter: `res${block}_${branch}` },
    { normalization: [`bn${block}_${branch}`, `scale${block}_${branch}`] },
  ]
  const blocks = ['abc', third, fourth, 'abc'].flatMap((names, s) =>
    [...names].flatMap((name) => {
      const branches = ['branch2a', 'branch2b', 'branch2c', ...(name === 'a' ? ['branch1'] : [])]
      return branches.flatMap((branch) => convolution(`${s + 2}${name}`, branch))
    }),
  )
  return [{ filter: 'conv1' }, { normalization: ['bn_conv1', 'scale_conv1'] }, ...blocks, { filter: 'fc1000' }]
}

function squeezenetParts(): Part[] {
  const fires = Array.from({ length: 8 }, (_, i) =>
    ['squeeze1x1', 'expand1x1', 'expand3x3'].map((part) => ({ filter: `fire${i + 2}/${part}` })),
  )
  return [{ filter: 'conv1' }, ...fires.flat(), { filter: 'conv10' }]
}

function densenetParts(): Part[] {
  const normalized = (name: string): Part => ({ normalization: [`${name}/bn`, `${name}/scale`] })
  const blocks = [6, 12, 24, 16].flatMap((depth, b) => {
    const inner = Array.from({ length: depth }, (_, i) => `conv${b + 2}_${i + 1}`).flatMap((name) => [
      ...[normalized(`${name}/x1`), { filter: `${name}/x1` }],
      ...[normalized(`${name}/x2`), { filter: `${name}/x2` }],
    ])
    const transition = [normalized(`conv${b + 2}_blk`), ...(b < 3 ? [{ filter: `conv${b + 2}_blk` }] : [])]
    return [...inner, ...transition]
  })
  return [{ filter: 'conv1' }, normalized('conv1'), ...blocks, { filter: 'fc6' }]
}

/** Gives every weight of the net its numbers, counting tensors as torchvision's state dictionary does. */
function fill(net: LayersModel, parts: readonly Part[]): void {
  let k = 0
  const vector = (size: number, base: number, spread: number) =>
    tf.tensor1d(Float32Array.from(uniform(k++, size), (u) => base + spread * u))
  let filled = 0
  for (const part of parts) {
    if ('filter' in part) {
      const layer = net.getLayer(part.filter)
      const [kernel, bias] = layer.getWeights()
      const weights = [uniformFilter(kernel.shape, k++), ...(bias === undefined ? [] : [vector(bias.size, 0, 0.1)])]
      layer.setWeights(weights)
      filled += weights.length
    } else {
      const [statistics, scale] = part.normalization.map((name) => net.getLayer(name))
      const [{ size }] = statistics.getWeights()
      scale.setWeights([vector(size, 1, 0.2), vector(size, 0, 0.1)])
      statistics.setWeights([vector(size, 0, 0.1), vector(size, 1, 0.3)])
      filled += 4
    }
  }
  expect(filled).toBe(net.weights.length)
}
