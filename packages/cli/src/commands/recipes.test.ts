import { recipes } from '@pixelwise/fcn'
import { expect, test } from 'vitest'
import { runMain } from '../../test-support/run-main.js'

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
  expect(stdout).toContain('\npublished on PASCAL VOC 2011 seg11valid  mean IU 63.6 %\n')
  expect(stdout).toContain('\n  pixelwise init voc-fcn32s.yaml --recipe voc-fcn32s --kind sbd --root ROOT\n')
  const { commands, name } = JSON.parse((await runMain('recipes', 'voc-fcn32s', '--json')).stdout)
  expect([name, commands.at(-2)]).toEqual(['voc-fcn32s', 'pixelwise train voc-fcn32s.yaml'])
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
