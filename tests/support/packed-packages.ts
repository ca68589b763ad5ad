import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { packages, repository } from './packages.js'
import { serveTarballs } from './registry.js'
import { mustRun } from './run.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder with one tarball per package, as `pnpm publish` would send it. */
    tarballs: string
    /** A registry that serves these tarballs. */
    registry: string
  }
}

/** Packs every package once for all tests of the repository. Needs the build. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const unbuilt = packages.filter(({ path }) => !existsSync(join(path, 'dist', 'index.js')))
  if (unbuilt.length > 0) {
    throw new Error(`not built: ${unbuilt.map(({ folder }) => folder).join(', ')}; run "npm run setup" first`)
  }
  const folder = mkdtempSync(join(tmpdir(), 'pixelwise-packed-'))
  await mustRun(
    'npx',
    ['--yes', 'pnpm@10.34.9', '--recursive', '--filter=./packages/*', 'pack', `--pack-destination=${folder}`],
    { cwd: repository },
  )
  const registry = await serveTarballs(readdirSync(folder).map((file) => join(folder, file)))
  project.provide('tarballs', folder)
  project.provide('registry', registry.url)
  return async () => {
    await registry.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
