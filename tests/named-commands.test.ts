import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { main } from '../packages/cli/src/main.js'
import { repository } from './support/packages.js'
import { pages } from './support/pages.js'
import { shellLines, snippetsOf } from './support/readme.js'

/** What a page says to type: code within sentences and tables, and the lines of its blocks. */
function typed(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, '')
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, code]) => code.replace(/\s+/g, ' ').replaceAll('\\|', '|'))
  return [...spans, ...shellLines(snippetsOf(markdown))]
}

/** A command's subcommands and options. */
interface Usage {
  readonly commands: readonly string[]
  readonly options: readonly string[]
}

/** Of each command by its words: `''`, `train`, `datasets check`. */
const usages = new Map<string, Usage>()

async function helpOf(words: readonly string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  await main([...words, '--help'])
  return write.mock.calls.map(([text]) => text).join('')
}

async function learn(words: readonly string[]): Promise<void> {
  const help = await helpOf(words)
  vi.restoreAllMocks()
  const [, list = ''] = /^Commands:\n((?: .*\n)*)/m.exec(help) ?? []
  const commands = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name]) => name).filter((name) => name !== 'help')
  const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option)
  usages.set(words.join(' '), { commands, options })
  for (const command of commands) await learn([...words, command])
}

beforeAll(() => learn([]))
afterEach(() => vi.restoreAllMocks())

/** What is wrong with words behind `pixelwise`. */
function problemsOf(words: readonly string[], above = ''): string[] {
  const { commands, options } = usages.get(above) ?? { commands: [], options: [] }
  const [next = '', ...rest] = words
  if (commands.length > 0 && /^[a-z]/.test(next)) {
    // `list|download` in a synopsis stands for either.
    return next.split('|').flatMap((name) => {
      if (!commands.includes(name)) return `${above} ${name} is no command`.trim()
      return problemsOf(rest, `${above} ${name}`.trim())
    })
  }
  const given = words.join(' ').match(/(?<![\w-])--[a-z][\w-]*/g) ?? []
  return given.filter((option) => !options.includes(option)).map((option) => `${above} has no ${option}`)
}

/** What is wrong with a script of the repository and its options, which its text must name. */
function scriptProblems(script: string, rest: string): string[] {
  const file = join(repository, script.replace(/dist\/([\w-]+)\.mjs$/, '$1.ts')) // what a page has people build, by its source
  if (!existsSync(file)) return [`${script} does not exist`]
  const text = readFileSync(file, 'utf8')
  const given = rest.match(/(?<![\w-])--[a-z][\w-]*/g) ?? []
  return given.filter((option) => !text.includes(option)).map((option) => `${script} has no ${option}`)
}

function runProblems(name: string, page: string): string[] {
  const manifests = ['package.json', join(dirname(page), 'package.json')]
    .map((path) => join(repository, path))
    .filter((path) => existsSync(path))
  const known = manifests.flatMap((path) => Object.keys(JSON.parse(readFileSync(path, 'utf8')).scripts ?? {}))
  return known.includes(name) ? [] : [`npm run ${name} does not exist`]
}

/** Pipes, redirections and comments are the shell's. */
const command = /^(?:npx )?pixelwise ([^>#]*)/
const script = /^node ((?:benchmarks|experiments|oracles|scripts)\/[\w./-]+\.mjs)([^>#]*)/
const npmRun = /^npm run ([\w:-]+)/

function problemsIn(page: string, markdown: string): string[] {
  const { commands = [] } = usages.get('') ?? {}
  return typed(markdown).flatMap((text) => {
    const [, words = text] = command.exec(text) ?? []
    // `predict --tile 512` stands for the command too.
    const isShort = commands.includes(text.split(' ')[0]) && text.includes(' --')
    if (words !== text || isShort) return problemsOf(words.trim().split(/\s+/))
    const [, file, rest = ''] = script.exec(text) ?? []
    if (file !== undefined) return scriptProblems(file, rest)
    const [, name] = npmRun.exec(text) ?? []
    return name === undefined ? [] : runProblems(name, page)
  })
}

/** What was true of earlier versions stays in their changelogs. */
const current = pages.filter((page) => !page.endsWith('CHANGELOG.md'))

test.each(current)('%s names commands, options and scripts that exist', (page) => {
  expect(problemsIn(page, readFileSync(join(repository, page), 'utf8'))).toEqual([])
})

test('what does not exist is found', () => {
  const markdown = [
    '`npx pixelwise fly`, `pixelwise datasets fly voc`, `pixelwise models list|fly NAME`, `pixelwise train --fly`,',
    '`predict --fly 2`, `node benchmarks/fly.mjs`, `node benchmarks/data.mjs --fly`, `npm run fly`',
    '```sh',
    'pixelwise evaluate --truth a --fly b > c.json',
    '```',
  ].join('\n')
  expect(problemsIn('planted.md', markdown)).toEqual([
    'fly is no command',
    'datasets fly is no command',
    'models fly is no command',
    'train has no --fly',
    'predict has no --fly',
    'benchmarks/fly.mjs does not exist',
    'benchmarks/data.mjs has no --fly',
    'npm run fly does not exist',
    'evaluate has no --fly',
  ])
})

test('the commands and their options are known here', () => {
  expect(usages.get('datasets check')?.options).toContain('--with')
  expect(usages.get('evaluate')?.options).toContain('--merge')
  const texts = pages.flatMap((page) => typed(readFileSync(join(repository, page), 'utf8')))
  expect(texts.filter((text) => command.test(text)).length).toBeGreaterThan(80)
  expect(texts.filter((text) => script.test(text)).length).toBeGreaterThan(30)
})
