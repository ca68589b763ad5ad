import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { nameRegistry, npmInstall } from './install.js'
import { repository } from './packages.js'
import { runnableCommands, snippetsOf } from './readme.js'
import { run } from './run.js'

/** A folder that a user would copy out of the repository, and the commands that its README marks as runnable. */
export interface Example {
  readonly name: string
  readonly commands: readonly string[]
  /** Whether it trains a published net on drawn scenes, from configurations in `trial`. */
  readonly hasTrial: boolean
}

/** All examples; those without runnable commands have tests of their own. */
export function examples(): Example[] {
  return readdirSync(join(repository, 'examples'))
    .map((name) => {
      const folder = join(repository, 'examples', name)
      return { name, commands: commandsOf(join(folder, 'README.md')), hasTrial: existsSync(join(folder, 'trial')) }
    })
    .filter(({ commands }) => commands.length > 0)
}

function commandsOf(readme: string): string[] {
  return existsSync(readme) ? runnableCommands(snippetsOf(readFileSync(readme, 'utf8'))) : []
}

/** Copies examples out of the repository and does what their READMEs say. */
export function testExamples(chosen: readonly Example[]): void {
  describe.each(chosen)('example $name, copied out of the repository', ({ name, commands }) => {
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
}
