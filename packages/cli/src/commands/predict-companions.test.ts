import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import type { ModelDescription, Preprocessing } from '@pixelwise/core'
import { saveModel } from '@pixelwise/core/node'
import { encodeDepth, encodeNpy, encodePng } from '@pixelwise/datasets'
import { readLabels, readNpy, synthesizeNyud } from '@pixelwise/datasets/node'
import { describeInputs, recipeRegistry } from '@pixelwise/fcn'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

const shared = mkdtempSync(join(tmpdir(), 'pixelwise-companions-'))
const place = (...parts: string[]) => join(shared, ...parts)
afterAll(() => rmSync(shared, { recursive: true, force: true }))

const rgb: Preprocessing = { inputKind: 'rgb', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] }
const hha: Preprocessing = { ...rgb, inputKind: 'hha', mean: [1, 1, 1] }
const rgbd: Preprocessing = { ...rgb, inputKind: 'rgbd', mean: [0, 0, 0, 3], scale: [1, 1, 1, 100] }

beforeAll(async () => {
  await tf.setBackend('cpu')
  const two = ['color', 'hha'].map((name) => tfl.input({ shape: [null, null, 3], name }))
  const sum = tfl.layers.add().apply(two) as tfl.SymbolicTensor
  const inputs = [
    { from: 'image', preprocessing: rgb },
    { from: 'hha', preprocessing: { ...hha, mean: [...hha.mean], scale: [...hha.scale] } },
  ]
  const late = tfl.model({ name: 'late', inputs: two, outputs: sum })
  await store(late, 'late', { preprocessing: rgb, extensions: { inputs: JSON.parse(JSON.stringify(inputs)) } })
  await store(late, 'undescribed', { preprocessing: rgb })
  late.dispose()
  const four = tfl.input({ shape: [null, null, 4], name: 'data' })
  const same = tfl.layers.activation({ activation: 'linear' }).apply(four) as tfl.SymbolicTensor
  const early = tfl.model({ name: 'early', inputs: four, outputs: same })
  await store(early, 'early', { preprocessing: rgbd })
  early.dispose()
  for (const folder of ['images', 'depth', 'hha']) mkdirSync(place(folder, 'room'), { recursive: true })
  write('images/room/a.png', [10, 20, 30, 40, 50, 60])
  write('hha/room/a.png', [31, 1, 1, 1, 1, 100])
  const millimetres = Uint16Array.of(0, 2550)
  writeFileSync(place('depth/room/a.png'), encodeDepth({ height: 1, width: 2, channels: 1, data: millimetres }))
})

async function store(model: tfl.LayersModel, name: string, description: ModelDescription): Promise<void> {
  await saveModel(model, place(name), { description })
}

/** A picture of one row. */
function write(path: string, colours: readonly number[]): void {
  const data = Uint8Array.from(colours)
  writeFileSync(place(path), encodePng({ height: 1, width: data.length / 3, channels: 3, data }))
}

const predict = (model: string, out: string, ...argv: string[]) =>
  runMain(
    'predict',
    '--model',
    place(model),
    '--engine',
    'cpu',
    '--out',
    out,
    '--save',
    'labels,overlay,scores',
    ...argv,
  )

test('late fusion: image and HHA of one name, each as the model prepares it', async () => {
  const out = temporaryFolder()
  const { code, stdout, stderr } = await predict('late', out, place('images'), '--hha', place('hha'))
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `1 image labelled, into ${out}\n`, stderr: '' })
  const { shape, data } = await readNpy(join(out, 'scores/room/a.npy'))
  expect([shape, [...data]]).toEqual([
    [1, 2, 3],
    [40, 20, 30, 40, 50, 159],
  ])
  expect((await readLabels(join(out, 'labels/room/a.png'))).labels).toEqual(Uint8Array.of(0, 2))
  expect(readFileSync(join(out, 'overlay/room/a.png')).length).toBeGreaterThan(0)
})

test('early fusion: the logarithm of depth is the fourth channel; the mean where nothing was measured', async () => {
  const out = temporaryFolder()
  const { code } = await predict('early', out, place('images'), '--depth', place('depth'))
  expect(code).toBe(0)
  const { data } = await readNpy(join(out, 'scores/room/a.npy'))
  const expected = [10, 20, 30, 0, 40, 50, 60, 100 * (Math.log(2550) - 3)]
  expect([...data]).toEqual(expected.map((value) => expect.closeTo(value, 3)))
})

test('a net that was trained on two kinds of pictures labels them from the command line', {
  timeout: 120_000,
}, async () => {
  const root = place('nyud')
  await synthesizeNyud(root, { train: 1, val: 1, height: 20, width: 24, seed: 1 })
  const folder = temporaryFolder()
  const config = {
    net: { recipe: 'nyud-fcn32s-color-hha', width: 0.01 },
    data: { train: { kind: 'nyud', root, split: 'train' } },
    steps: 1,
    engine: 'wasm',
    out: join(folder, 'run'),
  }
  writeFileSync(join(folder, 'train.yaml'), JSON.stringify(config))
  expect((await runMain('train', join(folder, 'train.yaml'))).code).toBe(0)
  const description = JSON.parse(readFileSync(join(folder, 'run/model/pixelwise.json'), 'utf8'))
  expect(description).toMatchObject(describeInputs(recipeRegistry().get('nyud-fcn32s-color-hha')))
  const image = join(root, 'data/images/img_5001.png')
  const out = join(folder, 'results')
  const model = join(folder, 'run/model')
  const { code, stdout } = await runMain(
    ...['predict', '--model', model, '--out', out, '--engine', 'wasm', '--hha', join(root, 'data/hha'), image],
  )
  expect([code, stdout]).toEqual([0, `1 image labelled, into ${out}\n`])
})

describe('what is wrong is told', () => {
  const images = () => place('images')
  test.each([
    [
      'late',
      [],
      'model "late" sees HHA beside the image: it is given as a folder of pictures, called as the images they belong to; pass --hha DIR',
    ],
    [
      'early',
      [],
      'model "early" sees depth beside the image: it is given as a folder of 16-bit PNGs in millimetres, called as the images they belong to; pass --depth DIR',
    ],
    [
      'late',
      ['--hha', 'x', '--depth', 'y'],
      '--depth y for model "late": it does not see depth; leave --depth out, or choose the model that sees it',
    ],
    [
      'late',
      ['--hha', 'x', '--tile', '64'],
      '--tile 64 for model "late", which has 2 inputs: only nets of one input are run in tiles; leave --tile out',
    ],
    [
      'undescribed',
      [],
      'model "late" has 2 inputs, and its pixelwise.json tells of 1: what each input sees must be known: its kind and its preprocessing; add "extensions": { "inputs": [{ "from": "image", "preprocessing": … }, { "from": "hha", … }] } to pixelwise.json, as "pixelwise train" does',
    ],
  ])('before anything is run: %s %j', async (model, argv, message) => {
    const { code, stdout, stderr } = await predict(model, temporaryFolder(), images(), ...argv)
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `error: ${message}\n` })
  })

  test('a net that sees HHA alone takes it as its input', async () => {
    const input = tfl.input({ shape: [null, null, 3], name: 'data' })
    const alone = tfl.model({
      name: 'alone',
      inputs: input,
      outputs: tfl.layers.activation({ activation: 'linear' }).apply(input) as tfl.SymbolicTensor,
    })
    await store(alone, 'alone', { preprocessing: hha })
    alone.dispose()
    const wrong = await predict('alone', temporaryFolder(), images(), '--hha', place('hha'))
    expect(wrong.stderr).toBe(
      `error: --hha ${place('hha')} for model "alone": it sees HHA and nothing else; give ${place('hha')} as the input\n`,
    )
    expect((await predict('alone', temporaryFolder(), place('hha'))).code).toBe(0)
  })

  test('of one image, and the others are labelled', async () => {
    const folder = temporaryFolder()
    const of = (name: string) => join(folder, name)
    for (const name of ['images', 'hha']) mkdirSync(of(name))
    for (const name of ['a', 'b', 'c'])
      writeFileSync(of(`images/${name}.png`), readFileSync(place('images/room/a.png')))
    writeFileSync(of('hha/a.png'), readFileSync(place('hha/room/a.png')))
    writeFileSync(of('hha/b.png'), encodePng({ height: 1, width: 1, channels: 3, data: Uint8Array.of(1, 2, 3) }))
    writeFileSync(of('images/d.npy'), encodeNpy({ shape: [1, 1, 3], data: Float32Array.of(1, 2, 3) }))
    const { code, stdout, stderr } = await predict('late', of('out'), of('images'), '--hha', of('hha'))
    expect([code, stdout]).toEqual([1, `1 image labelled, into ${of('out')}\n`])
    expect(stderr.split('\n').slice(0, 3)).toEqual([
      `warning: ${of('images/b.png')}: ${of('hha/b.png')} is 1×1, its image 1×2: both show the same pixels; resize one to the other`,
      `warning: ${of('images/c.png')}: no HHA image ${of('hha/c.png')} or ${of('hha/c.jpg')} or ${of('hha/c.jpeg')}: the folder of --hha holds one for each input, called as it; add it, or leave this input out`,
      `warning: ${of('images/d.npy')}: an array for a net of 2 inputs: an array is all that a net sees; give images`,
    ])
  })
})
