import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repository } from './packages.js'
import { isProgram, promisedOutput, type Snippet, shellLines, typeErrors, withoutTypes } from './readme.js'
import { mustRun } from './run.js'

/** How a block of a page is held to what it says; `unknown` is a block that nothing holds. */
export type Treatment = 'not-run' | 'file' | 'program' | 'commands' | 'installation' | 'printed' | 'unknown'

/**
 * | block | is |
 * |---|---|
 * | `js`, `ts` | a program of its own; what stands behind `console.log(…) //` must be printed |
 * | `sh runnable` | commands, run one after the other; each must succeed and print something |
 * | `sh`, every line an `npm install …` | what the page's project is made of |
 * | `… file="name"` | a file that later blocks use |
 * | `text printed` | what the block before it prints, `…` standing for anything |
 * | `… not-run="reason"` | left out, and why |
 */
export function treatmentOf(snippet: Snippet): Treatment {
  const { language, marks, values } = snippet
  if (values.get('not-run')) return 'not-run'
  if (values.get('file')) return 'file'
  if (isProgram(snippet)) return 'program'
  if (language === 'sh' && marks.includes('runnable')) return 'commands'
  if (language === 'sh' && shellLines([snippet]).every((line) => line.startsWith('npm install '))) return 'installation'
  return marks.includes('printed') ? 'printed' : 'unknown'
}

/** One test for each thing that the blocks of a page promise, in order, all in the same folder. */
export function testSnippets(snippets: readonly Snippet[], folder: () => string): void {
  let printed = ''
  for (const snippet of snippets) {
    const { code, line, values } = snippet
    const treatment = treatmentOf(snippet)
    if (treatment === 'program') {
      test(`runs the program in line ${line}`, async () => {
        printed = await runProgram(snippet, folder())
        expectInOrder(printed, promisedOutput(code))
      })
    } else if (treatment === 'commands') {
      describe(`the commands in line ${line}`, () => {
        shellLines([snippet]).forEach((command, index) => {
          test(`run: ${command}`, async () => {
            const stdout = await runCommand(command, folder())
            printed = index === 0 ? stdout : printed + stdout
          })
        })
      })
    } else if (treatment === 'file') {
      const name = values.get('file') ?? ''
      test(`keeps ${name} of line ${line}`, () => {
        const file = join(folder(), name)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, `${code}\n`)
      })
    } else if (treatment === 'printed') {
      test(`prints what line ${line} shows`, () => {
        expectInOrder(
          printed,
          code
            .split(/\n|…/)
            .map((part) => part.trim())
            .filter((part) => part !== ''),
        )
      })
    }
  }
}

/** What a program prints. Types are checked where it has some. */
async function runProgram({ language, code, line }: Snippet, folder: string): Promise<string> {
  const isTypeScript = language.startsWith('t')
  if (isTypeScript) {
    const source = join(folder, `line-${line}.mts`)
    writeFileSync(source, code)
    expect(typeErrors(source, join(repository, 'node_modules', '@types'))).toEqual([])
  }
  const file = join(folder, `line-${line}.mjs`)
  writeFileSync(file, isTypeScript ? withoutTypes(code) : code)
  const { stdout } = await mustRun(process.execPath, [file], { cwd: folder })
  return stdout
}

/** What a command prints, which must be something. */
async function runCommand(command: string, folder: string): Promise<string> {
  const [name, ...args] = withoutNpx(command, folder).split(/\s+/)
  const { stdout, stderr } = await mustRun(name, args, { cwd: folder })
  expect(stdout + stderr).not.toBe('')
  return stdout
}

/** `npx name …` as npx runs it where `name` is installed, without the second that npx itself takes. */
function withoutNpx(command: string, folder: string): string {
  const [, name = ''] = command.match(/^npx (\S+)/) ?? []
  const installed = join(folder, 'node_modules', '.bin', name)
  return name !== '' && existsSync(installed) ? command.replace(`npx ${name}`, installed) : command
}

function expectInOrder(text: string, parts: readonly string[]): void {
  let rest = text
  for (const part of parts) {
    expect(rest).toContain(part)
    rest = rest.slice(rest.indexOf(part) + part.length)
  }
}
