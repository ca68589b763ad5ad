import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { importedSpecifiers, packageOf } from './support/imports.js'
import { emptyProject, npmInstall } from './support/install.js'
import { packages, readManifest, repository } from './support/packages.js'
import { installCommands, isProgram, type Snippet, snippetsOf } from './support/readme.js'
import { testSnippets, treatmentOf } from './support/snippet-tests.js'

interface Page {
  /** Path in the repository: `docs/concepts.md`. */
  readonly path: string
  readonly snippets: readonly Snippet[]
}

function pageOf(path: string): Page {
  return { path, snippets: snippetsOf(readFileSync(join(repository, path), 'utf8')) }
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `${folder}/${path.split('\\').join('/')}`)
    .sort()
}

/** Pages whose blocks are run here, in one project, each in a folder of its own. */
const pages = ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs')].map(pageOf)
/** READMEs whose blocks are run elsewhere: `installed-alone.test.ts` and `examples.test.ts`. */
const packageReadmes = packages.map(({ folder }) => pageOf(`packages/${folder}/README.md`))
const exampleReadmes = readdirSync(join(repository, 'examples'))
  .map((folder) => `examples/${folder}/README.md`)
  .filter((path) => existsSync(join(repository, path)))
  .map(pageOf)

/** Blocks that nothing runs and no mark excuses, as `page:line`. */
function unmarked({ path, snippets }: Page, ...run: ReturnType<typeof treatmentOf>[]): string[] {
  return snippets
    .filter((snippet) => ![...run, 'not-run'].includes(treatmentOf(snippet)))
    .map(({ line }) => `${path}:${line}`)
}

describe('every block of code is run, or says why not', () => {
  test.each(pages)('in $path', (page) => {
    expect(unmarked(page, 'file', 'program', 'commands', 'installation', 'printed')).toEqual([])
  })

  test.each(packageReadmes)('in $path', (page) => {
    expect(unmarked(page, 'file', 'program', 'commands', 'installation', 'printed')).toEqual([])
    // The test installs what the first line says.
    expect(page.snippets.filter((snippet) => treatmentOf(snippet) === 'installation')).toHaveLength(1)
  })

  test.each(exampleReadmes)('in $path', (page) => {
    expect(unmarked(page, 'commands')).toEqual([])
  })

  test('a block that is neither is found', () => {
    const markdown = '```sh\nnpm install a\n```\n\n```sh\nrm -r a\n```\n\n```sh not-run=""\nls\n```\n'
    const planted = { path: 'planted.md', snippets: snippetsOf(markdown) }
    expect(unmarked(planted, 'installation')).toEqual(['planted.md:6', 'planted.md:10'])
  })
})

describe('the pages, in one project outside the workspace', () => {
  const project = emptyProject(inject('registry'))
  afterAll(() => rmSync(project, { recursive: true, force: true }))
  const installed = (page: Page) =>
    installCommands(page.snippets.filter((s) => treatmentOf(s) === 'installation')).flat()

  beforeAll(async () => {
    await npmInstall(project, [...new Set(pages.flatMap(installed))])
  })

  describe.each(pages.filter(({ snippets }) => snippets.some(isRun)))('$path', (page) => {
    const folder = join(project, 'pages', page.path.replace(/\W/g, '-'))
    beforeAll(() => {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'package.json'), '{ "name": "page", "private": true, "type": "module" }\n')
      symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'), 'junction')
    })

    test('installs what its programs import', () => {
      const available = closure(installed(page), join(project, 'node_modules'))
      const imported = page.snippets
        .filter((snippet) => isProgram(snippet) && treatmentOf(snippet) !== 'not-run')
        .flatMap(({ code, language }) => importedSpecifiers(`page.${language}`, code))
        .map(packageOf)
        .filter((name) => name !== undefined && !name.startsWith('node:'))
      expect(imported.filter((name) => !available.has(String(name)))).toEqual([])
    })

    testSnippets(page.snippets, () => folder)
  })
})

function isRun(snippet: Snippet): boolean {
  return !['not-run', 'unknown'].includes(treatmentOf(snippet))
}

/** The named packages and all that npm installs along with them. */
function closure(names: readonly string[], modules: string): Set<string> {
  const found = new Set<string>()
  const visit = (name: string): void => {
    const folder = join(modules, name)
    if (found.has(name) || !existsSync(folder)) return
    found.add(name)
    const { dependencies, peerDependencies, peerDependenciesMeta } = readManifest(folder)
    const peers = Object.keys(peerDependencies ?? {}).filter((peer) => !peerDependenciesMeta?.[peer]?.optional)
    for (const next of [...Object.keys(dependencies ?? {}), ...peers]) visit(next)
  }
  names.forEach(visit)
  return found
}
