import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { nameRegistry, npmInstall } from './support/install.js'
import { repository } from './support/packages.js'
import { runnableCommands, snippetsOf } from './support/readme.js'
import { run } from './support/run.js'

/** Folders that a user would copy out of the repository: those whose README marks commands as runnable. */
const examples = readdirSync(join(repository, 'examples'))
  .map((name) => ({ name, commands: commandsOf(join(repository, 'examples', name, 'README.md')) }))
  .filter(({ commands }) => commands.length > 0)

function commandsOf(readme: string): string[] {
  return existsSync(readme) ? runnableCommands(snippetsOf(readFileSync(readme, 'utf8'))) : []
}

describe.each(examples)('example $name, copied out of the repository', ({ name, commands }) => {
  const folder = mkdtempSync(join(tmpdir(), `pixelwise-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('has a README that says how to run it', () => {
    const isSource = (path: string) => basename(path) !== 'node_modules'
    cpSync(join(repository, 'examples', name), folder, { recursive: true, filter: isSource })
    nameRegistry(folder, inject('registry'))
    expect(commands).toContain('npm install')
  })

  test.each(commands)('runs %s', async (command) => {
    if (command === 'npm install') return npmInstall(folder)
    const [program, ...args] = command.split(/\s+/)
    const { code, stderr } = await run(program, args, { cwd: folder })
    expect(code, stderr).toBe(0)
    // What bundlers say of a module of Node in a page.
    expect(stderr).not.toContain('externalized for browser compatibility')
  })
})
