import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { synthesizeSbd, synthesizeVoc } from '@pixelwise/datasets/node'
import { recipes } from '@pixelwise/fcn'
import { expect, test } from 'vitest'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

test('lists every recipe with its source', async () => {
  const { code, stdout, stderr } = await runMain('recipes')
  expect([code, stderr]).toEqual([0, ''])
  for (const { name, summary } of recipes) expect(stdout).toMatch(new RegExp(`^${name} +${summary}`, 'm'))
  expect(JSON.parse((await runMain('recipes', '--json')).stdout)).toEqual(JSON.parse(JSON.stringify(recipes)))
})

test('tells how one is run: what it is made of, and the commands', async () => {
  const { code, stdout } = await runMain('recipes', 'voc-fcn32s')
  expect(code).toBe(0)
  expect(stdout).toContain(
    '\nsolver                                   learning rate 1e-10, momentum 0.99, weight decay 0.0005\n',
  )
  expect(stdout).toMatch(/^batch +1 image per update, stochastic order$/m)
  expect(stdout).toMatch(/^loss +sum over pixels, divided by the images$/m)
  expect(stdout).toContain('\npublished on PASCAL VOC 2011 seg11valid  mean IU 63.6 %\n')
  expect(stdout).toContain(`
  pixelwise datasets check sbd SBD --split train
  pixelwise datasets check voc VOC --split val
  pixelwise init voc-fcn32s.yaml --recipe voc-fcn32s --kind sbd --root SBD --validation-root VOC
`)
  expect(stdout).toMatch(/^data +learns from sbd train, scored on voc val less sbd train$/m)
  const { commands, name } = JSON.parse((await runMain('recipes', 'voc-fcn32s', '--json')).stdout)
  expect([name, commands.at(-2)]).toEqual(['voc-fcn32s', 'pixelwise train voc-fcn32s.yaml'])
})

test('a net of two trunks is told as such', async () => {
  const { stdout } = await runMain('recipes', 'nyud-fcn32s-color-hha')
  expect(stdout).toMatch(/^net +2 × vgg16 \(color, hha\), head of stride 32$/m)
})

test('one data set is one folder', async () => {
  const { commands } = JSON.parse((await runMain('recipes', 'siftflow-fcn32s', '--json')).stdout)
  expect(commands).toContain(
    'pixelwise init siftflow-fcn32s.yaml --recipe siftflow-fcn32s --kind sift-flow --root ROOT',
  )
})

test('the commands for two data sets do what the recipe says', async () => {
  const folder = temporaryFolder()
  await synthesizeSbd(join(folder, 'SBD'), { train: 3, val: 1, height: 20, width: 24, seed: 1 })
  await synthesizeVoc(join(folder, 'VOC'), { train: 0, val: 4, height: 20, width: 24, seed: 1 })
  // One of VOC's held-out images is one that SBD trains on.
  const list = join(folder, 'VOC', 'ImageSets', 'Segmentation', 'val.txt')
  const [trained] = readFileSync(join(folder, 'SBD', 'train.txt'), 'utf8').split('\n')
  for (const [part, ending] of [
    ['JPEGImages', 'jpg'],
    ['SegmentationClass', 'png'],
  ]) {
    const [own] = readFileSync(list, 'utf8').split('\n')
    copyFileSync(join(folder, 'VOC', part, `${own}.${ending}`), join(folder, 'VOC', part, `${trained}.${ending}`))
  }
  appendFileSync(list, `${trained}\n`)

  const { commands } = JSON.parse((await runMain('recipes', 'voc-fcn32s', '--json')).stdout)
  for (const command of commands.slice(0, -1)) {
    if (command.startsWith('#')) continue
    const words = command
      .split(' ')
      .slice(1)
      .map((word: string) => (/^(SBD|VOC|\S+\.yaml)$/.test(word) ? join(folder, word) : word))
    const trial = words[0] === 'train' ? ['--steps', '1', '--engine', 'cpu', '--out', join(folder, 'run')] : []
    if (words[0] === 'train') {
      const file = words[1]
      writeFileSync(file, readFileSync(file, 'utf8').replace('  # width: 1 ', '  backbone: vgg-small\n  width: 0.1 '))
    }
    const { code, stderr } = await runMain(...words, ...trial)
    expect([command, code, stderr]).toEqual([command, 0, expect.not.stringContaining('error')])
  }
  const report = readFileSync(join(folder, 'run', 'report.html'), 'utf8')
  expect(report).toMatch(/sbd[^<]*train: 3 images/i)
  expect(report).toMatch(/voc[^<]*val[^<]*: 4 images/i)
})

test.each([
  ['nyud-fcn32s-color', 'PHOTOS'],
  ['nyud-fcn32s-color-d', '--depth DEPTH PHOTOS'],
  ['nyud-fcn32s-hha', 'HHA'],
  ['nyud-fcn32s-color-hha', '--hha HHA PHOTOS'],
])('%s labels %s', async (name, pictures) => {
  const { commands } = JSON.parse((await runMain('recipes', name, '--json')).stdout)
  expect(commands.at(-1)).toBe(`pixelwise predict --model runs/${name}/model --out results ${pictures}`)
})

test('an unknown one is answered with the nearest', async () => {
  const { code, stdout, stderr } = await runMain('recipes', 'voc-fcn32')
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^error: unknown recipe "voc-fcn32": known: .*; did you mean "voc-fcn32s"\?\n$/)
})
