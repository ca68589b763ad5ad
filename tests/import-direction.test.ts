import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importedSpecifiers, packageOf } from './support/imports.js'
import { type Manifest, packages, readManifest, repository, sourceFiles } from './support/packages.js'

/** Which package may import which; arrows point downwards only. */
const allowed: Record<string, readonly string[]> = {
  masks: [],
  metrics: ['masks'],
  visuals: ['masks'],
  datasets: ['masks'],
  core: ['masks'],
  compiler: ['core', 'masks'],
  training: ['core', 'metrics', 'masks'],
  backbones: ['core', 'masks'],
  'caffe-import': ['core', 'training', 'masks'],
  'pairwise-regions': ['core', 'training', 'masks'],
  fcn: ['core', 'training', 'masks'],
  cli: packages.map(({ folder }) => folder).filter((folder) => folder !== 'cli'),
}

interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Imports of one package that break its rules, as `file: complaint`. */
function violations(folder: string, manifest: Manifest, files: readonly SourceFile[]): string[] {
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies }
  return files.flatMap(({ path, text }) =>
    importedSpecifiers(path, text).flatMap((specifier) => {
      const imported = packageOf(specifier)
      if (imported === undefined || imported === manifest.name || imported.startsWith('#')) return []
      if (imported.startsWith('node:') || builtinModules.includes(imported)) return []
      const complaints = []
      if (imported.startsWith('@pixelwise/') && !allowed[folder].includes(imported.slice('@pixelwise/'.length))) {
        complaints.push(`${folder} may not import ${imported}`)
      }
      if (!(imported in declared)) complaints.push(`${imported} is neither a dependency nor a peer`)
      return complaints.map((complaint) => `${relative(repository, path)}: ${complaint}`)
    }),
  )
}

function read(path: string): SourceFile {
  return { path, text: readFileSync(path, 'utf8') }
}

describe('imports between packages', () => {
  test.each(packages)('$folder imports only what lies below it and what it declares', ({ folder, path, manifest }) => {
    expect(Object.keys(allowed)).toContain(folder)
    expect(violations(folder, manifest, sourceFiles(join(path, 'src')).map(read))).toEqual([])
  })

  test.each(packages)('$folder declares no @pixelwise package that it may not import', ({ folder, manifest }) => {
    const ours = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
      .filter((name) => name.startsWith('@pixelwise/'))
      .map((name) => name.slice('@pixelwise/'.length))
    expect(ours.filter((name) => !allowed[folder].includes(name))).toEqual([])
  })

  test('the demo and the examples of the workspace declare what they import', () => {
    const demo = join(repository, 'examples', 'demo')
    const { dependencies = {} } = readManifest(demo)
    const imported = sourceFiles(join(demo, 'src')).flatMap((file) =>
      importedSpecifiers(file, readFileSync(file, 'utf8')).map(packageOf),
    )
    const thirdParty = imported.filter((name) => name !== undefined && !name.startsWith('node:'))
    expect(thirdParty.filter((name) => !(String(name) in dependencies))).toEqual([])
  })

  test('the table itself has no cycle', () => {
    expect(cycles(new Map(Object.entries(allowed)))).toEqual([])
  })

  test('an upward import is caught in every spelling', () => {
    const manifest: Manifest = { name: '@pixelwise/masks', version: '0.0.0' }
    const spellings = [
      `import { a } from '@pixelwise/core'`,
      `import type { a } from '@pixelwise/core/node'`,
      `export * from '@pixelwise/core'`,
      `const a = await import('@pixelwise/core')`,
      `let a: import('@pixelwise/core').Backbone`,
      `import a = require('@pixelwise/core')`,
      `const a = require('@pixelwise/core')`,
    ]
    for (const text of spellings) {
      expect(violations('masks', manifest, [{ path: join(repository, 'planted.ts'), text }])).toEqual([
        'planted.ts: masks may not import @pixelwise/core',
        'planted.ts: @pixelwise/core is neither a dependency nor a peer',
      ])
    }
  })
})

describe('imports between files', () => {
  test.each(packages)('$folder has no cycle', ({ path }) => {
    expect(cycles(fileGraph(sourceFiles(join(path, 'src')).map(read)))).toEqual([])
  })

  test('a cycle is caught', () => {
    const files = [
      { path: '/p/a.ts', text: `import { b } from './b.js'` },
      { path: '/p/b.ts', text: `import type { c } from './c.js'` },
      { path: '/p/c.ts', text: `export { a } from './a.js'` },
      { path: '/p/d.ts', text: `import { a } from './a.js'` },
    ]
    expect(cycles(fileGraph(files))).toEqual([['/p/a.ts', '/p/b.ts', '/p/c.ts', '/p/a.ts']])
  })
})

function fileGraph(files: readonly SourceFile[]): Map<string, string[]> {
  return new Map(
    files.map(({ path, text }) => [
      path,
      importedSpecifiers(path, text)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => target(path, specifier)),
    ]),
  )
}

function target(from: string, specifier: string): string {
  return join(dirname(from), specifier).replace(/\.js$/, '.ts')
}

/** Each cycle once, as the path that closes it. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = []
  const done = new Set<string>()
  const walk = (node: string, path: readonly string[]): void => {
    if (path.includes(node)) {
      found.push([...path.slice(path.indexOf(node)), node])
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) walk(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) walk(node, [])
  return found
}
