import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTrainConfig } from '../packages/cli/src/train/read-train-config.js'
import { repository } from './support/packages.js'

const page = readFileSync(join(repository, 'docs/configuration.md'), 'utf8')

const policies = ['fixed', 'step', 'exp', 'inv', 'multistep', 'poly', 'sigmoid']

/** For each table of keys a configuration with a key that nobody knows, in each mapping that the table tells of. */
const tables: Readonly<Record<string, readonly string[]>> = {
  'All keys': ['xxxxxxxxxxxx: 1'],
  'Net of your own': ['net: { backbone: vgg-small, stride: 8, xxxxxxxxxxxx: 1 }'],
  'Net from a recipe': ['net: { recipe: voc-fcn32s, xxxxxxxxxxxx: 1 }'],
  Data: ['data: { xxxxxxxxxxxx: 1 }', 'data: { train: { xxxxxxxxxxxx: 1 } }'],
  Initialise: ['initialise: [{ xxxxxxxxxxxx: 1 }]'],
  Loss: ['loss: { xxxxxxxxxxxx: 1 }'],
  Solver: ['solver: { xxxxxxxxxxxx: 1 }'],
  'Learning rate': policies.map((policy) => `solver: { learningRate: { policy: ${policy}, xxxxxxxxxxxx: 1 } }`),
  Multipliers: ['solver: { multipliers: [{ xxxxxxxxxxxx: 1 }] }'],
  Checkpoints: ['checkpoints: { xxxxxxxxxxxx: 1 }'],
  Evaluation: ['evaluation: { xxxxxxxxxxxx: 1 }'],
}

/** What a configuration is refused with. */
function refusal(text: string): string {
  try {
    readTrainConfig(text, 'train.yaml')
  } catch (error) {
    return String(error)
  }
  return ''
}

function knownKeys(text: string): string[] {
  const [, known = ''] = /\.?xxxxxxxxxxxx is unknown; known: (.*)/.exec(refusal(text)) ?? []
  return known.split(', ').filter(Boolean)
}

function sectionOf(heading: string): string {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  return section.split('\n## ')[0]
}

/** The rows of a section's tables of keys: the keys of each, and its default. */
function rowsOf(heading: string): { keys: string[]; standard: string }[] {
  return [...sectionOf(heading).matchAll(/^\| (`[^|]+`) \| ([^|]*)\| [^|]+ \|$/gm)].map(([, keys, standard]) => ({
    keys: [...keys.matchAll(/`([^`]+)`/g)].map(([, key]) => key),
    standard: standard.trim(),
  }))
}

function sorted(keys: Iterable<string>): string[] {
  return [...new Set(keys)].sort()
}

test.each(Object.entries(tables))('"%s" has the keys that are known there', (heading, texts) => {
  const known = texts.map(knownKeys)
  for (const keys of known) expect(keys).not.toEqual([])
  expect(sorted(rowsOf(heading).flatMap(({ keys }) => keys))).toEqual(sorted(known.flat()))
})

test('each policy is told with its parameters, and each parameter with its policies', () => {
  for (const policy of policies) {
    const [, formula = ''] = new RegExp(`^\\| \`${policy}\` \\| ([^|]+) \\|$`, 'm').exec(page) ?? []
    const parameters = sorted(knownKeys(tables['Learning rate'][policies.indexOf(policy)])).filter(
      (key) => key !== 'policy',
    )
    expect(sorted(formula.match(/base|gamma|stepSize|stepValues|power|maxSteps/g) ?? [])).toEqual(parameters)
    for (const parameter of parameters.filter((key) => key !== 'base')) {
      expect(page).toMatch(new RegExp(`^\\| \`${parameter}\` \\|.*\`${policy}\``, 'm'))
    }
  }
})

test('no mapping is without its table', () => {
  const folder = join(repository, 'packages/cli/src/train')
  const readers = readdirSync(folder).filter((file) => /^read-[^.]*\.ts$/.test(file))
  const mappings = readers.flatMap((file) => readFileSync(join(folder, file), 'utf8').match(/\.mapping\(/g) ?? [])
  // One for each text above; the policies share one.
  expect(mappings).toHaveLength(Object.values(tables).flat().length - policies.length + 1)
})

test.each([
  ['All keys', 'sampler: 1'],
  ['All keys', 'engine: 1'],
  ['Net of your own', 'net: { backbone: 1, stride: 8 }'],
  ['Net of your own', 'net: { backbone: vgg-small, stride: 8, upsampling: 1 }'],
  ['Net of your own', 'net: { backbone: vgg-small, stride: 8, fusion: 1 }'],
  ['Data', 'data: { kind: 1 }'],
  ['Loss', 'loss: { normalization: 1 }'],
  ['Solver', 'solver: { rule: 1 }'],
  ['Solver', 'solver: { preset: 1 }'],
  ['Learning rate', 'solver: { learningRate: { policy: 1 } }'],
])('"%s" names every choice of %s', (heading, text) => {
  const [, names = ''] = / is 1, expected one of (.*)/.exec(refusal(text)) ?? []
  expect(names).not.toBe('')
  for (const name of names.split(', ')) expect(sectionOf(heading)).toContain(`\`${name}\``)
})

test('the defaults are those of the reader', () => {
  const { seed, engine, solver, checkpoints, evaluation } = readTrainConfig(
    'net: { recipe: voc-fcn32s }\ndata: { root: scenes }',
    'train.yaml',
  )
  const told = (heading: string, key: string) => rowsOf(heading).find(({ keys }) => keys.includes(key))?.standard
  expect(told('All keys', 'seed')).toBe(`\`${seed}\``)
  expect(told('All keys', 'engine')).toBe(`\`${engine}\``)
  expect(told('Solver', 'rule')).toBe(`\`${solver.rule}\``)
  expect(told('Checkpoints', 'keep')).toBe(`\`${checkpoints.keep}\``)
  expect(told('Evaluation', 'before')).toBe(`\`${evaluation.before}\``)
  expect(told('Evaluation', 'samples')).toBe(`\`${evaluation.samples}\``)
})
