import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, inject, test } from 'vitest'
import { withoutProxyFor } from './support/install.js'
import { entryPoints, type Manifest, packages, repository, sourceFiles } from './support/packages.js'
import { mustRun } from './support/run.js'
import { untar } from './support/tar.js'

const folder = inject('tarballs')

function tarballOf(name: string): string {
  const file = readdirSync(folder).find((tarball) =>
    new RegExp(`^${name.replace('@', '').replace('/', '-')}-\\d`).test(tarball),
  )
  if (file === undefined) throw new Error(`${name} was not packed into ${folder}`)
  return join(folder, file)
}

describe.each(packages)('package $folder, packed', ({ path, manifest }) => {
  const tarball = tarballOf(manifest.name)
  const files = untar(readFileSync(tarball))
  const packed: Manifest = JSON.parse(Buffer.from(files.get('package.json') ?? []).toString())

  test('holds its licence, README, changelog, code and types, and nothing else', () => {
    const names = [...files.keys()]
    for (const file of ['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/index.js', 'dist/index.d.ts']) {
      expect(names).toContain(file)
    }
    const built = sourceFiles(join(path, 'src')).flatMap((source) => {
      const module = source
        .slice(join(path, 'src').length + 1, -'.ts'.length)
        .split('\\')
        .join('/')
      return ['.js', '.js.map', '.d.ts'].map((extension) => `dist/${module}${extension}`)
    })
    // A file whose source is gone is left over from an older build: remove dist and build again.
    expect(names.filter((name) => name.startsWith('dist/')).sort()).toEqual(built.sort())
    const others = names.filter((name) => !name.startsWith('dist/') && !name.startsWith('bin/'))
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
  })

  test('asks for versions that exist, not for the workspace', () => {
    const ranges = { ...packed.dependencies, ...packed.peerDependencies }
    for (const [name, range] of Object.entries(ranges)) {
      expect(range, name).not.toMatch(/workspace:|catalog:/)
      const ours = packages.find((other) => other.manifest.name === name)
      if (ours !== undefined) expect(range, name).toBe(`^${ours.manifest.version}`)
    }
  })

  test('pleases publint', async () => {
    const { messages } = await publint({
      strict: true,
      pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer },
    })
    expect(messages.map((message) => formatMessage(message, packed))).toEqual([])
  })

  test('resolves with its types for every importer of ES modules', async () => {
    const attw = join(repository, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    const { stdout } = await mustRun(
      process.execPath,
      [attw, tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color'],
      { cwd: repository },
    )
    const entries = entryPoints({ manifest })
    expect(stdout.match(/^node16 \(from ESM\): 🟢 \(ESM\)/gm)).toHaveLength(entries.length)
    expect(stdout.match(/^bundler: 🟢 *$/gm)).toHaveLength(entries.length)
  })

  test('passes a dry run of publishing', async () => {
    // A registry that does not have this version yet, as the real one before a release.
    const registry = `${inject('registry')}empty/`
    const { stderr } = await mustRun('npm', ['publish', tarball, '--dry-run', '--registry', registry], {
      cwd: folder,
      env: withoutProxyFor('127.0.0.1'),
    })
    expect(stderr).toContain(`${manifest.name}@${manifest.version}`)
  })
})
