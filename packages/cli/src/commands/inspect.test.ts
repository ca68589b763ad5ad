import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { vggSmall } from '@pixelwise/backbones'
import { saveModel } from '@pixelwise/core/node'
import { expect, test } from 'vitest'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

const layer = (report: { layers: { name: string }[] }, name: string) => report.layers.find((one) => one.name === name)

// VGG-16 as torchvision counts it: 138,357,544 parameters and 15,470,264,320 multiply-adds at 224×224, each less the
// classifier's 4,097,000 and 4,096,000. Receptive fields: Long 2016, Table 3.1.
test('VGG-16 has the published parameters, multiply-adds and receptive fields', async () => {
  const { code, stdout } = await runMain('inspect', 'vgg16', '--input', '224x224', '--json')
  const report = JSON.parse(stdout)
  expect(code).toBe(0)
  expect(report).toMatchObject({ name: 'vgg16', input: [224, 224] })
  expect(report.totals).toEqual({ parameters: 138_357_544 - 4_097_000, multiplyAdds: 15_470_264_320 - 4_096_000 })
  const axis = (kernel: number) => expect.objectContaining({ kernel, stride: 32 })
  expect(layer(report, 'pool5')).toMatchObject({ receptiveField: { rows: axis(212), columns: axis(212) } })
  expect(layer(report, 'fc7')).toMatchObject({ receptiveField: { rows: axis(404) }, shape: [null, 1, 1, 4096] })
  expect(report.graph.edges[0]).toEqual({ from: 'data', to: 'conv1_1' })
})

// Long 2016, Table 3.1. FCN-GoogLeNet drops the 7×7 pooling with which GoogLeNet sees 907 pixels.
test.each([
  ['googlenet-classifier', 'pool5/7x7_s1', 907, 6_998_552],
  ['voc-fcn-googlenet-batch20', 'inception_5b/output', 715, 5_995_077],
  ['caffenet', 'fc7', 355, 56_868_224],
])('%s sees at %s %i pixels, and has %i parameters', async (net, at, kernel, parameters) => {
  const report = JSON.parse((await runMain('inspect', net, '--json')).stdout)
  expect(layer(report, at)).toMatchObject({ receptiveField: { rows: { kernel, stride: 32 } } })
  expect(report.totals.parameters).toBe(parameters)
})

test('prints a line per layer with a question mark for what is free', async () => {
  const { code, stdout, stderr } = await runMain('inspect', 'fcn8s-vgg-small')
  const lines = stdout.split('\n')
  expect(code).toBe(0)
  expect(stderr).toBe('note: pass --input HxW to see sizes and multiply-adds\n')
  expect(lines.slice(0, 7).join('\n')).toMatchInlineSnapshot(`
    "layer           kind                 output  parameters  multiply-adds  sees  stride  offset  inputs
    data            InputLayer            ?×?×3                                1       1       0
    conv1_1         Convolution          ?×?×16         448              –     3       1       0
    relu1_1         Activation           ?×?×16                                3       1       0
    conv1_2         Convolution          ?×?×16       2,320              –     5       1       0
    relu1_2         Activation           ?×?×16                                5       1       0
    pool1           MaxPooling           ?×?×16                                6       2     0.5"
  `)
  expect(lines.find((line) => line.startsWith('fuse_pool4'))).toMatch(/Add +\?×\?×21 .* upscore2c, score_pool4$/)
  expect(lines.at(-2)).toMatch(/^fcn8s-vgg-small: \d+ layers, [\d,]+ parameters$/)
  for (const line of lines) expect(line).toBe(line.trimEnd())
})

test('draws the graph into a file, and leaves nothing else there', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'net.svg')
  const { code, stderr } = await runMain('inspect', 'vgg-small', '--input', '96x96', '--svg', file)
  expect([code, stderr]).toEqual([0, `wrote ${file}\n`])
  expect(readFileSync(file, 'utf8')).toMatch(/^<svg [\s\S]*>conv1_1<\/text>[\s\S]*<\/svg>$/)
  expect(readdirSync(folder)).toEqual(['net.svg'])
})

test('says when the drawing has no place', async () => {
  const { code, stdout, stderr } = await runMain('inspect', 'vgg-small', '--svg', '/nowhere/net.svg')
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'error: cannot write /nowhere/net.svg (ENOENT): its folder must exist and be writable, and nothing else may bear its name; make the folder, or choose another place\n',
  })
})

test('reads a model folder and finds the same layers', async () => {
  const { model, preprocessing } = vggSmall()
  const folder = join(temporaryFolder(), 'net')
  await saveModel(model, folder, { description: { preprocessing } })
  const stored = JSON.parse((await runMain('inspect', folder, '--input', '64x96', '--json')).stdout)
  const named = JSON.parse((await runMain('inspect', 'vgg-small', '--input', '64x96', '--json')).stdout)
  expect(stored.layers).toEqual(named.layers)
  expect(stored.totals).toEqual(named.totals)
})

test('reads a folder of plain tfjs too, which says nothing of its input', async () => {
  const { model, preprocessing } = vggSmall()
  const folder = join(temporaryFolder(), 'plain')
  await saveModel(model, folder, { description: { preprocessing } })
  rmSync(join(folder, 'pixelwise.json'))
  const { code, stdout } = await runMain('inspect', folder, '--input', '64x96', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout).totals.parameters).toBe(model.countParams())
})

test('says that an image is too small for a net', async () => {
  expect(await runMain('inspect', 'lenet', '--input', '5x5')).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'error: conv2 has an output of -3×-3×50 for images of 5×5: an image is at least as large as what each layer looks at; give a larger size\n',
  })
})

test('says that a name is no net and a path no folder', async () => {
  const typo = await runMain('inspect', 'vgg61')
  expect(typo.code).toBe(2)
  expect(typo.stderr).toMatch(
    /^error: "vgg61" is neither a net nor a model folder: known nets: .*, and those that "pixelwise recipes" lists; did you mean "vgg16"\?\n$/,
  )
  const path = await runMain('inspect', './vgg61')
  expect(path).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'error: cannot load a model from ./vgg61: there is no such folder: a model is a folder with model.json, pixelwise.json and weight files; check the path\n',
  })
})
