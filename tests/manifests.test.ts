import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packages, readManifest, repository } from './support/packages.js'

const tfjs = /^@tensorflow\/tfjs/

describe.each(packages)('package $folder', ({ folder, path, manifest }) => {
  test('has a README, sources and a manifest that says what it is', () => {
    expect(existsSync(join(path, 'README.md')), 'README.md').toBe(true)
    expect(existsSync(join(path, 'src', 'index.ts')), 'src/index.ts').toBe(true)
    expect(manifest).toMatchObject({
      name: `@pixelwise/${folder}`,
      type: 'module',
      license: 'MIT',
      engines: { node: '>=20' },
      sideEffects: false,
      publishConfig: { access: 'public' },
      repository: { directory: `packages/${folder}` },
    })
    expect(manifest.private).toBeUndefined()
    expect(manifest.version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('exports every entry with its types, built from the index of a source folder', () => {
    expect(manifest.exports?.['./package.json']).toBe('./package.json')
    for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
      if (entry === './package.json') continue
      const module = `${entry.slice(1)}/index`.replace(/^\//, '')
      expect(target).toEqual({ types: `./dist/${module}.d.ts`, default: `./dist/${module}.js` })
      expect(Object.keys(target)[0], 'types come first').toBe('types')
      expect(existsSync(join(path, 'src', `${module}.ts`)), `src/${module}.ts`).toBe(true)
    }
  })

  test('takes tfjs as a peer, and lists each peer of the tree also for development', () => {
    expect(Object.keys(manifest.dependencies ?? {}).filter((name) => tfjs.test(name))).toEqual([])
    for (const name of Object.keys(manifest.peerDependencies ?? {})) {
      if (manifest.peerDependenciesMeta?.[name]?.optional) continue
      expect(manifest.devDependencies?.[name], name).toBe('catalog:')
    }
  })

  test('asks for its @pixelwise packages by a range that publishing resolves', () => {
    for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
      if (name.startsWith('@pixelwise/')) expect(range, name).toBe('workspace:^')
      else expect(range, name).toMatch(/^\d+\.\d+\.\d+$|^\^\d/)
    }
  })

  test('keeps its own changelog', () => {
    expect(existsSync(join(path, 'CHANGELOG.md'))).toBe(true)
    expect(readFileSync(join(path, 'CHANGELOG.md'), 'utf8')).toContain(`## ${manifest.version}`)
  })
})

describe('the workspace', () => {
  test('holds one tfjs-core: two would give two layer class maps', () => {
    const lockfile = readFileSync(join(repository, 'pnpm-lock.yaml'), 'utf8')
    const versions = [...lockfile.matchAll(/^ {2}'@tensorflow\/tfjs-core@([^'(]+)/gm)].map(([, version]) => version)
    expect([...new Set(versions)]).toEqual(['4.22.0'])
    const resolved = packages
      .map(({ path }) => join(path, 'node_modules', '@tensorflow', 'tfjs-core'))
      .filter((path) => existsSync(path))
      .map((path) => readManifest(path).version)
    expect(new Set(resolved)).toEqual(new Set(['4.22.0']))
  })

  test('names no package manager that a signature check could refuse', () => {
    expect(readManifest(repository)).not.toHaveProperty('packageManager')
  })

  test('the types of the tests see every package and entry', () => {
    const { compilerOptions } = JSON.parse(readFileSync(join(repository, 'tsconfig.json'), 'utf8'))
    for (const { folder, manifest } of packages) {
      expect(compilerOptions.paths).toHaveProperty([manifest.name], [`./packages/${folder}/src/index.ts`])
      if (Object.keys(manifest.exports ?? {}).length <= 2) continue
      expect(compilerOptions.paths).toHaveProperty([`${manifest.name}/*`], [`./packages/${folder}/src/*/index.ts`])
    }
  })
})
