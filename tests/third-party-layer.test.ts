import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import { nameRegistry, npmInstall } from './support/install.js'
import { readManifest, repository } from './support/packages.js'
import { mustRun } from './support/run.js'

const folder = mkdtempSync(join(tmpdir(), 'pixelwise-third-party-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a package outside the workspace adds a layer and passes its own tests', async () => {
  cpSync(join(repository, 'examples', 'third-party-layer'), folder, { recursive: true })
  nameRegistry(folder, inject('registry'))
  await npmInstall(folder)
  const core = join(folder, 'node_modules', '@pixelwise', 'core')
  expect(readManifest(core).version).toBe(readManifest(join(repository, 'packages', 'core')).version)
  const { stdout } = await mustRun('npm', ['test'], { cwd: folder })
  expect(stdout).toMatch(/^. pass 5$/m)
  expect(stdout).toMatch(/^. fail 0$/m)
})
