import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { emptyProject, npmInstall } from './support/install.js'
import { readManifest } from './support/packages.js'
import { serveTarballs } from './support/registry.js'
import { mustRun } from './support/run.js'

const folder = mkdtempSync(join(tmpdir(), 'pixelwise-registry-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const name = '@pixelwise/example'

test('npm installs what a registry serves, not what an earlier one served at the same port', async () => {
  const first = await serveTarballs([await pack('1.0.0')])
  expect(await install(first.url)).toBe('1.0.0')
  await first.close()
  const second = await serveTarballs([await pack('2.0.0')], Number(new URL(first.url).port))
  expect(await install(second.url)).toBe('2.0.0')
  await second.close()
})

/** The tarball of a package that is empty. */
async function pack(version: string): Promise<string> {
  const source = join(folder, version)
  mkdirSync(source)
  writeFileSync(join(source, 'package.json'), JSON.stringify({ name, version }))
  const { stdout } = await mustRun('npm', ['pack', '--silent', `--pack-destination=${folder}`], { cwd: source })
  return join(folder, stdout.trim())
}

/** The version that an empty project gets. */
async function install(registry: string): Promise<string> {
  const project = emptyProject(registry)
  try {
    await npmInstall(project, [name])
    return readManifest(join(project, 'node_modules', name)).version
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}
