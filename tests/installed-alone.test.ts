import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, sep } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { emptyProject, npmInstall } from './support/install.js'
import { entryPoints, packages, readManifest } from './support/packages.js'
import { installCommands, snippetsOf } from './support/readme.js'
import { mustRun } from './support/run.js'
import { testSnippets, treatmentOf } from './support/snippet-tests.js'

describe.each(packages)('package $folder, installed alone as its README says', ({ path, manifest }) => {
  const readme = join(path, 'README.md')
  const snippets = existsSync(readme) ? snippetsOf(readFileSync(readme, 'utf8')) : []
  const folder = emptyProject(inject('registry'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('installs', async () => {
    const [wanted = []] = installCommands(snippets)
    expect(wanted).toContain(manifest.name)
    await npmInstall(folder, wanted)
    expect(readManifest(join(folder, 'node_modules', manifest.name)).version).toBe(manifest.version)
  })

  test('brings at most one tfjs-core', () => {
    expect(copiesOf('@tensorflow/tfjs-core', folder).length).toBeLessThanOrEqual(1)
  })

  test.each(entryPoints({ manifest }))('%s loads', async (entry) => {
    await mustRun(process.execPath, ['--input-type=module', '--eval', `await import('${entry}')`], { cwd: folder })
  })

  test('has a README that shows it at work', () => {
    expect(snippets.map(treatmentOf)).toEqual(expect.arrayContaining([expect.stringMatching(/^(program|commands)$/)]))
  })

  testSnippets(snippets, () => folder)
})

function copiesOf(name: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith(`node_modules/${name}`))
}
