import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { nameRegistry, npmInstall } from './support/install.js'
import { repository } from './support/packages.js'
import { runnableCommands, snippetsOf } from './support/readme.js'
import { run } from './support/run.js'

/** Folders that a user would copy out of the repository; each README says how to run it. */
const examples = ['caffe-fcn8s', 'browser']

describe.each(examples)('example %s, copied out of the repository', (example) => {
  const folder = mkdtempSync(join(tmpdir(), `pixelwise-${example}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const readme = readFileSync(join(repository, 'examples', example, 'README.md'), 'utf8')
  const commands = runnableCommands(snippetsOf(readme))

  test('has a README that says how to run it', () => {
    cpSync(join(repository, 'examples', example), folder, { recursive: true })
    nameRegistry(folder, inject('registry'))
    expect(commands).toContain('npm install')
  })

  test.each(commands)('runs %s', async (command) => {
    if (command === 'npm install') return npmInstall(folder)
    const [name, ...args] = command.split(/\s+/)
    const { code, stderr } = await run(name, args, { cwd: folder })
    expect(code, stderr).toBe(0)
    // What bundlers say of a module of Node in a page.
    expect(stderr).not.toContain('externalized for browser compatibility')
  })
})
