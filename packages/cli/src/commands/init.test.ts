import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { backboneRegistry } from '@pixelwise/backbones'
import { recipeRegistry, recipes } from '@pixelwise/fcn'
import { policyParameters } from '@pixelwise/training'
import { expect, test } from 'vitest'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'
import { configText } from '../init/config-text.js'
import { readTrainConfig } from '../train/read-train-config.js'

const common = { kind: 'voc', root: 'VOC 2012', file: 'train.yaml' }

test('what init writes, train can read: for every recipe and every backbone', () => {
  for (const recipe of recipes) {
    const config = readTrainConfig(configText({ ...common, net: { recipe } }), 'train.yaml')
    expect(config).toMatchObject({ net: { recipe: recipe.name }, data: { root: 'VOC 2012' } })
  }
  const trial = configText({ ...common, net: { recipe: recipeRegistry().get('voc-fcn8s'), backbone: 'vgg-small' } })
  expect(readTrainConfig(trial, 'train.yaml')).toMatchObject({
    net: { recipe: 'voc-fcn8s', backbone: 'vgg-small' },
    solver: { rule: 'adam', learningRate: 0.003 },
    loss: { normalization: 'valid' },
  })
  for (const backbone of backboneRegistry().names()) {
    const config = readTrainConfig(configText({ ...common, net: { backbone, stride: 16, pad: 4 } }), 'train.yaml')
    expect(config).toMatchObject({ net: { backbone, head: { stride: 16 }, options: { pad: 4 } }, steps: 4000 })
  }
})

test('and every setting behind # is one that train knows', () => {
  const nets = [{ backbone: 'vgg-small', stride: 8 }, ...recipes.map((recipe) => ({ recipe }))]
  for (const net of nets) {
    const uncommented = configText({ ...common, net })
      .split('\n')
      .slice(3)
      // Settings begin with a name and a colon, or are items of a list; sentences do not.
      .map((line) => (/^ *# +(- |[a-z]\w*:( |$))/i.test(line) ? line.replace('# ', '') : line))
      .filter((line) => !/preset:|steps: …/.test(line)) // a preset, or a rate
      .join('\n')
    expect(readTrainConfig(uncommented, 'train.yaml').evaluation).toEqual({
      every: 1000,
      before: true,
      images: 100,
      patience: 5,
      samples: 4,
    })
  }
})

/** The keys that a mapping of a configuration may have, as the refusal of another one tells them. */
function knownKeys(configuration: string): string[] {
  try {
    readTrainConfig(configuration, 'train.yaml')
  } catch (error) {
    return /xxxxxxxxxxxx is unknown; known: (.*)/.exec(String(error))?.[1].split(', ') ?? []
  }
  return []
}

const everyMapping = [
  'xxxxxxxxxxxx: 1',
  'data: { train: { xxxxxxxxxxxx: 1 } }',
  'initialise: [{ xxxxxxxxxxxx: 1 }]',
  'loss: { xxxxxxxxxxxx: 1 }',
  'solver: { xxxxxxxxxxxx: 1 }',
  'checkpoints: { xxxxxxxxxxxx: 1 }',
  'evaluation: { xxxxxxxxxxxx: 1 }',
  ...Object.keys(policyParameters).map((policy) => `solver: { learningRate: { policy: ${policy}, xxxxxxxxxxxx: 1 } }`),
]

test.each([
  [
    'a net of one’s own',
    { backbone: 'vgg-small', stride: 8 },
    'net: { backbone: vgg-small, stride: 8, xxxxxxxxxxxx: 1 }',
  ],
  ['a recipe', { recipe: recipeRegistry().get('voc-fcn8s') }, 'net: { recipe: voc-fcn8s, xxxxxxxxxxxx: 1 }'],
])('every setting that train knows is in the file for %s', (_, net, probe) => {
  const text = configText({ ...common, net })
  for (const mapping of [probe, ...everyMapping]) {
    const keys = knownKeys(mapping)
    expect([mapping, keys.filter((key) => new RegExp(`\\b${key}\\b`).test(text))]).toEqual([mapping, keys])
    expect(keys).not.toEqual([])
  }
})

test('a recipe that learns from one data set and is scored on another has two folders', async () => {
  const file = join(temporaryFolder(), 'voc.yaml')
  const argv = ['init', file, '--recipe', 'voc-fcn32s', '--kind', 'sbd', '--root', 'benchmark_RELEASE/dataset']
  expect((await runMain(...argv)).stderr).toContain(
    'note: the recipe is scored on voc val: pass --validation-root with its folder, or it is on a split of sbd\n',
  )
  expect(await runMain(...argv, '--validation-root', 'VOC 2011', '--force')).toMatchObject({
    code: 0,
    stderr: expect.not.stringContaining('note:'),
  })
  const sbd = { kind: 'sbd', root: 'benchmark_RELEASE/dataset', split: 'train' }
  expect(readTrainConfig(readFileSync(file, 'utf8'), file).data).toEqual({
    train: sbd,
    validation: { kind: 'voc', root: 'VOC 2011', split: 'val', without: sbd },
  })
  const one = ['init', file, '--force', '--kind', 'voc', '--root', 'VOC2011', '--validation-root', 'x']
  for (const [more, named] of [
    [[], ''],
    [['--recipe', 'voc-fcn32s'], ' and recipe voc-fcn32s'],
  ] as const) {
    expect(await runMain(...one, ...more)).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: --validation-root x beside --kind voc${named}: it is for recipes that learn from data of that kind and are scored on data of another; leave it out; under "data" the file may name a split of any data set\n`,
    })
  }
})

test('writes a file once, and names the command that follows', async () => {
  const file = join(temporaryFolder(), 'camvid.yaml')
  const root = temporaryFolder()
  const argv = ['init', file, '--kind', 'camvid', '--root', root, '--backbone', 'squeezenet1.1', '--stride', '16']
  expect(await runMain(...argv)).toEqual({
    code: 0,
    stdout: `wrote ${file}; look it over, then run "pixelwise train ${file}"\n`,
    stderr: '',
  })
  expect(readFileSync(file, 'utf8')).toContain('  backbone: squeezenet1.1\n  stride: 16 ')
  expect(await runMain(...argv)).toEqual({
    code: 1,
    stdout: '',
    stderr: `error: cannot write ${file} (EEXIST): it is there already; choose another name, or pass --force to replace it\n`,
  })
  expect(await runMain(...argv, '--force', '--json')).toEqual({
    code: 0,
    stdout: `${JSON.stringify({ file }, undefined, 2)}\n`,
    stderr: '',
  })
})

test('names that stand for nothing are answered with the nearest', async () => {
  const file = join(temporaryFolder(), 'x.yaml')
  const { code, stderr } = await runMain('init', file, '--kind', 'camvidd', '--root', 'x')
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/^error: unknown data set layout "camvidd": .*; did you mean "camvid"\?\n$/),
  ])
  const recipe = await runMain('init', file, '--kind', 'voc', '--root', 'x', '--recipe', 'voc-fcn31s')
  expect([recipe.code, recipe.stderr]).toEqual([2, expect.stringMatching(/; did you mean "voc-fcn32s"\?\n$/)])
})

test('a backbone whose scores would end before some images is padded as the published nets are', async () => {
  const written = async (...flags: string[]) => {
    const file = join(temporaryFolder(), 'x.yaml')
    await runMain('init', file, '--kind', 'voc', '--root', 'x', ...flags)
    return readFileSync(file, 'utf8')
  }
  // One of them crops too much at some sizes, one at all.
  for (const backbone of ['squeezenet1.1', 'vgg16']) {
    expect(await written('--backbone', backbone)).toMatch(/^ {2}pad: 100 /m)
  }
  expect(await written('--backbone', 'vgg16', '--pad', '90')).toMatch(/^ {2}pad: 90 /m)
  expect(await written('--backbone', 'googlenet')).toMatch(/^ {2}# pad: 100 /m)
})

test('a stride that the backbone does not have is told before it is written', async () => {
  const file = join(temporaryFolder(), 'x.yaml')
  const argv = ['init', file, '--kind', 'voc', '--root', 'x']
  expect(await runMain(...argv, '--stride', '7')).toEqual({
    code: 2,
    stdout: '',
    stderr:
      "error: a head of stride 7 on backbone vgg-small: the backbone's taps have strides 2, 4, 8, 16, 32; pass one of these as --stride, or a recipe with such a head\n",
  })
  const lenet = await runMain(...argv, '--backbone', 'lenet')
  expect([lenet.code, lenet.stderr]).toEqual([
    2,
    expect.stringContaining(" lenet: the backbone's taps have strides 2, 4;"),
  ])
  expect(existsSync(file)).toBe(false)
  expect(await runMain(...argv, '--backbone', 'lenet', '--stride', '4')).toMatchObject({
    code: 0,
    stderr: 'warning: x is not there, and "pixelwise train" reads it\n',
  })
})

test('a recipe may stand on another backbone, where it has one of such a stride', async () => {
  const file = join(temporaryFolder(), 'x.yaml')
  const init = (recipe: string, backbone: string) =>
    runMain('init', file, '--kind', 'voc', '--root', 'x', '--recipe', recipe, '--backbone', backbone)
  expect((await init('voc-fcn32s', 'lenet')).stderr).toContain(
    "error: a head of stride 32 on backbone lenet: the backbone's taps have strides 2, 4; ",
  )
  expect(await init('DenseNet_FCN', 'vgg-small')).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'error: --backbone beside recipe DenseNet_FCN, whose net is densenet-fcn: such a net has no backbone: it is described as a whole; leave --backbone out, or choose another recipe; "pixelwise recipes" lists them\n',
  })
  expect((await init('voc-fcn8s', 'vgg-small')).code).toBe(0)
})

test('a recipe whose net sees or learns what the data lacks is told before it is written', async () => {
  const file = join(temporaryFolder(), 'x.yaml')
  const init = (recipe: string, kind: string) =>
    runMain('init', file, '--kind', kind, '--root', 'x', '--recipe', recipe, '--force')
  expect(await init('nyud-fcn32s-hha', 'voc')).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'error: recipe nyud-fcn32s-hha beside --kind voc: its net sees hha, which only data of kind nyud has; choose another kind or recipe; "pixelwise recipes" lists them\n',
  })
  expect((await init('nyud-fcn32s-color-d', 'voc')).stderr).toContain(
    ': its net sees depth, which only data of kind nyud or nyud-mat has; ',
  )
  expect((await init('siftflow-fcn32s', 'voc')).stderr).toContain(
    ': its net learns geometric labels, which only data of kind sift-flow has; ',
  )
  expect(existsSync(file)).toBe(false)
  expect((await init('nyud-fcn32s-color', 'folder')).code).toBe(0)
  for (const { name, data } of recipes) expect((await init(name, data.train.layout)).code).toBe(0)
})
