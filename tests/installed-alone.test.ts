import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { emptyProject, npmInstall } from './support/install.js'
import { entryPoints, packages, readManifest, repository } from './support/packages.js'
import {
  installCommands,
  isProgram,
  promisedOutput,
  runnableCommands,
  snippetsOf,
  typeErrors,
  withoutTypes,
} from './support/readme.js'
import { mustRun, run } from './support/run.js'

describe.each(packages)('package $folder, installed alone as its README says', ({ path, manifest }) => {
  const readme = join(path, 'README.md')
  const snippets = existsSync(readme) ? snippetsOf(readFileSync(readme, 'utf8')) : []
  const programs = snippets.filter(isProgram)
  const commands = runnableCommands(snippets)
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
    expect(programs.length + commands.length).toBeGreaterThan(0)
  })

  test.each(programs)('runs the program in line $line', async ({ language, code, line }) => {
    const isTypeScript = language.startsWith('t')
    if (isTypeScript) {
      const source = join(folder, `line-${line}.mts`)
      writeFileSync(source, code)
      expect(typeErrors(source, join(repository, 'node_modules', '@types'))).toEqual([])
    }
    const file = join(folder, `line-${line}.mjs`)
    writeFileSync(file, isTypeScript ? withoutTypes(code) : code)
    const { stdout } = await mustRun(process.execPath, [file], { cwd: folder })
    let rest = stdout
    for (const promised of promisedOutput(code)) {
      expect(rest).toContain(promised)
      rest = rest.slice(rest.indexOf(promised) + promised.length)
    }
  })

  if (commands.length > 0) {
    test.each(commands)('runs %s', async (command) => {
      const [name, ...args] = command.split(/\s+/)
      const { code, stdout, stderr } = await run(name, args, { cwd: folder })
      expect(stdout, stderr).not.toBe('')
      expect(code, stderr).toBe(0)
    })
  }
})

function copiesOf(name: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith(`node_modules/${name}`))
}
