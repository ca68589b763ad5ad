import { builtinModules } from 'node:module'
import { join, relative, sep } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { environmentGlobals, programOf } from './support/global-references.js'
import { importedSpecifiers } from './support/imports.js'
import { packages, repository, sourceFiles } from './support/packages.js'

/** Globals that browsers, workers and every server runtime have alike. */
const everywhere = new Set(['AbortSignal', 'MessageChannel', 'TextDecoder', 'WebAssembly', 'console', 'performance'])

/** Files that may use further globals: `[path, names]`. Each asks where it runs before it touches them. */
const allowedGlobals: ReadonlyMap<string, readonly string[]> = new Map([
  ['packages/core/src/backends/browser-threads.ts', ['globalThis']],
  ['packages/core/src/backends/platform-browser.ts', ['globalThis']],
  ['packages/core/src/backends/webgl.ts', ['globalThis']],
])

/** All code but the Node entries and the command line. */
const neutral = packages
  .filter(({ folder }) => folder !== 'cli')
  .flatMap(({ path }) => sourceFiles(join(path, 'src')).filter((file) => !isNodeOnly(file)))

function isNodeOnly(file: string): boolean {
  return relative(repository, file).split(sep).includes('node')
}

function named(file: string): string {
  return relative(repository, file).split(sep).join('/')
}

const { config } = ts.readConfigFile(join(repository, 'tsconfig.json'), ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository)

describe('neutral code', () => {
  const references = environmentGlobals(programOf(neutral, options), neutral)

  test('uses no global of Node or of the DOM', () => {
    const complaints = references
      .filter(({ name }) => !everywhere.has(name))
      .filter(({ file, name }) => !allowedGlobals.get(named(file))?.includes(name))
      .map(({ file, line, name }) => `${named(file)}:${line} uses ${name}`)
    expect(complaints).toEqual([])
  })

  test('imports no module of Node and nothing from the Node entries', () => {
    const complaints = neutral.flatMap((file) =>
      importedSpecifiers(file, ts.sys.readFile(file) ?? '')
        .filter(
          (specifier) =>
            specifier.startsWith('node:') ||
            builtinModules.includes(specifier.split('/')[0]) ||
            /^@pixelwise\/[\w-]+\/node$/.test(specifier) ||
            (specifier.startsWith('.') && specifier.split('/').includes('node')),
        )
        .map((specifier) => `${named(file)} imports ${specifier}`),
    )
    expect(complaints).toEqual([])
  })

  test('the list of exceptions is no longer than needed', () => {
    for (const [path, names] of allowedGlobals) {
      const there = references.filter(({ file }) => named(file) === path).map(({ name }) => name)
      expect([path, names.filter((name) => !there.includes(name))]).toEqual([path, []])
    }
  })
})

describe('the detector', () => {
  const globalsIn = (text: string): string[] => {
    const file = join(repository, 'tests', 'planted.ts')
    const host = ts.createCompilerHost(options)
    const { getSourceFile, fileExists } = host
    host.fileExists = (path) => path === file || fileExists(path)
    host.getSourceFile = (path, ...rest) =>
      path === file ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) : getSourceFile(path, ...rest)
    return environmentGlobals(programOf([file], options, host), [file]).map(({ name }) => name)
  }

  test('sees the globals of Node and of the DOM in every spelling', () => {
    const planted: [code: string, name: string][] = [
      [`process.cwd()`, 'process'],
      [`Buffer.from([])`, 'Buffer'],
      [`document.title`, 'document'],
      [`typeof window === 'undefined'`, 'window'],
      [`fetch('x')`, 'fetch'],
      [`navigator.gpu`, 'navigator'],
      [`({ process })`, 'process'],
      [`[...[1]].map(setTimeout)`, 'setTimeout'],
      [`globalThis.process`, 'globalThis'],
      [`self.name`, 'self'],
      [`new OffscreenCanvas(1, 1)`, 'OffscreenCanvas'],
      [`(a: HTMLCanvasElement) => a`, 'HTMLCanvasElement'],
      [`(a: NodeJS.Timeout) => a`, 'NodeJS'],
      [`require('fs')`, 'require'],
      [`__dirname`, '__dirname'],
    ]
    const code = planted.map(([expression]) => `void (${expression})`).join('\n')
    expect(globalsIn(`export {}\n${code}`)).toEqual(planted.map(([, name]) => name))
  })

  test('leaves the language and local names alone', () => {
    const code = `
      import { performance } from 'node:perf_hooks'
      const process = { cwd: () => Math.max(1, 2) }
      const held = { window: new Float32Array(2), document: new Map() }
      export function name(fetch: (url: string) => Promise<Error>) { return fetch(process.cwd() + held.document.size + performance.now()) }
    `
    expect(globalsIn(code)).toEqual([])
  })
})
