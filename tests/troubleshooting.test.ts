import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packages, repository, sourceFiles } from './support/packages.js'

interface Entry {
  readonly message: string
  readonly code: string
}

const page = readFileSync(join(repository, 'docs/troubleshooting.md'), 'utf8')

/** The rows of the tables: a message, its code, and two cells of advice. */
const entries: readonly Entry[] = [...page.matchAll(/^\| `([^`]+)`.*? \| `([\w-]+\/[\w-]+)` \| [^|]+ \| .+ \|$/gm)].map(
  ([, message, code]) => ({ message, code }),
)

const sources = packages.flatMap(({ path }) => sourceFiles(join(path, 'src'))).map((file) => readFileSync(file, 'utf8'))

/** Whether the sources make an error with this code whose text has the message's fixed parts, in order. */
function occurs({ message, code }: Entry): boolean {
  const parts = message.split('…').map((part) => part.trim())
  return sources.some((text) =>
    text.split('PixelwiseError(').some((error) => {
      if (!error.trimStart().startsWith(`'${code}'`)) return false
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

  test('a message that nothing says is found', () => {
    expect(occurs({ message: 'backend "…" is on holiday', code: 'backend/unavailable' })).toBe(false)
    expect(occurs({ message: 'backend "…" is not available here', code: 'backend/holiday' })).toBe(false)
  })
})
