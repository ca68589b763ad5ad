import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { caffeLayers } from '@pixelwise/caffe-import'
import { coreLayers, LayerRegistry } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { afterAll, expect, test } from 'vitest'
import { runMain } from '../../test-support/run-main.js'

const folder = mkdtempSync(join(tmpdir(), 'import-caffe-'))
afterAll(() => rmSync(folder, { recursive: true }))

const net = join(folder, 'net.prototxt')
writeFileSync(
  net,
  `name: "tiny" input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 6
layer { name: "score" type: "Convolution" bottom: "data" top: "score" convolution_param { num_output: 2 kernel_size: 3 } }
layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" }`,
)

test('writes a folder that loads, and prints what became of each layer', async () => {
  const out = join(folder, 'model')
  const { code, stdout, stderr } = await runMain('import-caffe', '--net', net, '--out', out, '--mean', '1,2,3')
  expect(stderr).toBe(`warning: no --weights: the layers start as their fillers say\nwrote ${out}\n`)
  expect(code).toBe(0)
  expect(stdout).toBe(`layer  type         became  shape  parameters
input  Input        input   8×6×3
score  Convolution  mapped  6×4×2          56
prob   Softmax      mapped  6×4×2

upgraded: the input fields became an Input layer
inputs: data 8×6×3
outputs: prob 6×4×2
weights: random
`)
  const { model, description } = await loadModel(out, { layers: new LayerRegistry(coreLayers, caffeLayers) })
  expect(model.layers.map(({ name }) => name)).toEqual(['data', 'score', 'prob'])
  expect(description.preprocessing).toEqual({
    inputKind: 'rgb',
    channelOrder: 'bgr',
    mean: [1, 2, 3],
    scale: [1, 1, 1],
  })
  expect(JSON.parse(readFileSync(join(out, 'pixelwise.json'), 'utf8')).provenance.net).toBe('tiny')
  model.dispose()
})

test('says where a net is wrong', async () => {
  const broken = join(folder, 'broken.prototxt')
  writeFileSync(broken, 'layer {\n  nmae: "a"\n}')
  const { code, stderr } = await runMain('import-caffe', '--net', broken, '--out', join(folder, 'none'))
  expect(code).toBe(1)
  expect(stderr).toBe(
    `error: ${broken}:2:3: unknown field "nmae": it is no field of LayerParameter; did you mean "name"?\n`,
  )
})

test.each([
  [
    ['--mean', '1,2'],
    'a mean of 2 numbers for an input of 3 channels: it has one number for each channel, in the order of the net, or one for all; correct the mean',
  ],
  [
    ['--input', 'dat=3'],
    'NET: a size for "dat", which is no input of the net: its inputs are data; did you mean "data"?',
  ],
  [
    ['--classes', 'NET'],
    'NET names LINES classes: the net scores 2: prob; write one name per line, background included, or leave --classes out',
  ],
])('what does not fit the net is refused: %j', async (options, message) => {
  const told = options.map((word) => word.replace('NET', net))
  const out = join(folder, 'refused')
  const { code, stderr } = await runMain('import-caffe', '--net', net, '--out', out, ...told)
  expect(code).toBe(1)
  const lines = readFileSync(net, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '').length
  expect(stderr).toBe(`error: ${message.replace('NET', net).replace('LINES', String(lines))}\n`)
  expect(existsSync(out)).toBe(false)
})

test('a net that nobody gave a mean is imported with a warning', async () => {
  const stderr = async (...argv: string[]) =>
    (await runMain('import-caffe', '--net', net, '--out', join(folder, 'meanless'), ...argv)).stderr
  const warning = 'warning: no mean: pixels go in as they are; pass --mean if the net was trained with one\n'
  expect(await stderr()).toContain(warning)
  expect(await stderr('--mean', '0')).not.toContain(warning)
})

test('a mean that is neither numbers nor a file is wrong use', async () => {
  const { code, stderr } = await runMain('import-caffe', '--net', net, '--out', 'x', '--mean', 'a,b')
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining("argument 'a,b' is invalid. It is a file that is there, or numbers with commas"),
  ])
})

test('channels that the net does not say are assumed, with the option that says them', async () => {
  const open = join(folder, 'open.prototxt')
  writeFileSync(
    open,
    'layer { name: "data" type: "ImageData" top: "data" top: "label" image_data_param { source: "x" batch_size: 1 } }\nlayer { name: "score" type: "Convolution" bottom: "data" top: "score" convolution_param { num_output: 2 kernel_size: 3 } }',
  )
  const { stderr } = await runMain('import-caffe', '--net', open, '--out', join(folder, 'open'), '--mean', '0')
  expect(stderr).toContain('note: input "data": the net does not say its channels; 3 assumed (say so with --input)\n')
})

test('a factor of 0 would leave nothing of an image', async () => {
  const { code, stderr } = await runMain('import-caffe', '--net', net, '--out', 'x', '--scale', '0')
  expect([code, stderr]).toEqual([2, expect.stringContaining('It is a number other than 0, as in 0.00390625: usage')])
})

test('lists the published models', async () => {
  const { code, stdout } = await runMain('models', 'list', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout).map(({ name }: { name: string }) => name)).toContain('voc-fcn8s')
})

test('a model that is not known is wrong usage', async () => {
  const { code, stderr } = await runMain('models', 'download', 'voc-fcn8')
  expect(code).toBe(2)
  expect(stderr).toContain('unknown model "voc-fcn8"')
  expect(stderr).toContain('did you mean "voc-fcn8s"?')
})
