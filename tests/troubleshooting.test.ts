import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packages, repository, sourceFiles } from './support/packages.js'

interface Entry {
  readonly message: string
  readonly code: string
  readonly advice: string
}

const page = readFileSync(join(repository, 'docs/troubleshooting.md'), 'utf8')

/** The rows of the tables: a message, its code, and two cells of advice. */
const entries: readonly Entry[] = [
  ...page.matchAll(/^\| `([^`]+)`.*? \| `([\w-]+\/[\w-]+)` \| [^|]+ \| (.+) \|$/gm),
].map(([, message, code, advice]) => ({ message, code, advice }))

const sources = packages.flatMap(({ path }) => sourceFiles(join(path, 'src'))).map((file) => readFileSync(file, 'utf8'))

/** Whether the sources make an error with this code whose text has the message's fixed parts, in order. */
function occurs({ message, code }: Pick<Entry, 'message' | 'code'>): boolean {
  const parts = message.split('…').map((part) => part.trim())
  return sources.some((text) =>
    text.split('PixelwiseError(').some((error) => {
      const [codes] = error.split('{', 1) // one, or two with a condition
      if (!codes.includes(`'${code}'`)) return false
      let from = 0
      return parts.every((part) => {
        const at = error.indexOf(part, from)
        from = at + part.length
        return at >= 0
      })
    }),
  )
}

describe('troubleshooting', () => {
  test('every row of every table is understood here', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'))
    expect(entries).toHaveLength(rows.length)
    expect(entries.length).toBeGreaterThan(40)
  })

  test.each(entries)('$code says: $message', (entry) => {
    expect(occurs(entry)).toBe(true)
  })

  test('where the command line advises options in place of the library’s, so does the page', () => {
    const { advice } = entries.find(({ code }) => code === 'metrics/label-out-of-range') ?? {}
    const scoring = readFileSync(join(repository, 'packages/cli/src/evaluate/evaluate-folders.ts'), 'utf8')
    const [, told = ''] = /'metrics\/label-out-of-range'\).*?next: '(.*?)'/s.exec(scoring) ?? []
    const options = told.match(/--[a-z]+/g) ?? []
    expect(options).not.toEqual([])
    for (const option of options) expect(advice).toContain(`\`${option}\``)
  })

  test('a message that nothing says is found', () => {
    expect(occurs({ message: 'backend "…" is on holiday', code: 'backend/unavailable' })).toBe(false)
    expect(occurs({ message: 'backend "…" is not available here', code: 'backend/holiday' })).toBe(false)
  })
})
