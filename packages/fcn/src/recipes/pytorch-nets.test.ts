import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { readFileSync } from 'node:fs'
import { backboneRegistry, resnet50 } from '@pixelwise/backbones'
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, model } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { uniform, uniformFilter } from '../../../backbones/test-support/oracle-weights.js'
import { fcn } from '../fcn.js'
import { buildRecipe } from './build-recipe.js'

// Made by oracles/fcn/pytorch_nets.py with PyTorch 1.13.1: the nets written there from their sources. It can also run them
// at full width; FCN_NETS then names its output.
const fixture = process.env.FCN_NETS ?? new URL('../fixtures/nets.pytorch.json', import.meta.url)
const { width, nets } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  width: number
  nets: { name: string; size: [number, number]; parameters: number; outputs: Sample[] }[]
}
interface Sample {
  readonly shape: number[]
  readonly largest: number
  readonly places: number[]
  readonly values: number[]
}

beforeAll(async () => {
  await tf.setBackend('wasm')
  await tf.ready()
})

test.each(nets)('$name scores as in PyTorch', { timeout: 600_000 }, ({ name, size, outputs }) => {
  const whole = build(name, width)
  const net = name === 'voc-fcn-googlenet-batch20' ? cellsOf(whole) : whole
  for (const weight of net.weights) fill(weight)
  const images = net.inputs.map(({ sourceLayer, shape }) => image(sourceLayer.name, shape[3]!, size))
  const found = [net.predict(images)].flat() as tf.Tensor4D[]
  for (const [i, { shape, largest, places, values }] of outputs.entries()) {
    const scores = tf.transpose(found[i], [0, 3, 1, 2])
    expect(scores.shape).toEqual(shape)
    const numbers = scores.dataSync()
    const differences = values.map((value, n) => Math.abs(numbers[places[n]] - value) / largest)
    expect(Math.max(...differences)).toBeLessThan(1e-5)
  }
  whole.dispose()
})

// Larger ones take as much memory, and are counted where they are built anyway.
const countable = nets.filter(({ parameters }) => width === 1 || parameters < 30_000_000)
test.each(countable)(
  '$name has as many parameters as in PyTorch at full width',
  { timeout: 600_000 },
  ({ name, parameters }) => {
    const net = build(name, 1)
    expect(net.countParams()).toBe(parameters)
    net.dispose()
  },
)

function build(name: string, width: number): LayersModel {
  if (name !== 'resized fcn8s-resnet50') return buildRecipe(name, { backbones: backboneRegistry(), width }).model
  return fcn(resnet50({ width, variant: 'torchvision' }), { classes: 21, stride: 8, upsampling: 'resize' })
}

/** The scores of cells, before they become pixels. */
function cellsOf(net: LayersModel): LayersModel {
  return model({ inputs: net.inputs, outputs: net.getLayer('score_fr').output })
}

/** Values by the weight's name, as the oracle has them. */
function fill(weight: LayersModel['weights'][number]): void {
  const { originalName: name } = weight
  const shape = weight.shape as number[]
  const k = crc32(name) % 65536
  const vector = (base: number, spread: number) =>
    tf.tensor1d(Float32Array.from(uniform(k, shape[0]), (u) => base + spread * u))
  if (shape.length === 4) weight.write(uniformFilter(shape, k))
  else if (name.endsWith('/movingVariance')) weight.write(vector(1, 0.3))
  else if (name.endsWith('/scale')) weight.write(vector(1, 0.2))
  else weight.write(vector(0, 0.1))
}

function image(name: string, channels: number, [height, width]: readonly [number, number]): tf.Tensor4D {
  const values = Float32Array.from(uniform(crc32(name) % 65536, channels * height * width))
  return tf.transpose(tf.tensor4d(values, [1, channels, height, width]), [0, 2, 3, 1])
}

function crc32(text: string): number {
  let crc = -1
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ -1) >>> 0
}
