import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from './support/packages.js'
import { run } from './support/run.js'

/** The scripts of the examples that take options: each folder is copied alone, so each has its own few lines for them. */
const scripts = readdirSync(join(repository, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(repository, 'examples', name)).map((file) => `examples/${name}/${file}`))
  .filter((path) => path.endsWith('.mjs') && readFileSync(join(repository, path), 'utf8').includes('parseArgs'))

test('they are found', () => {
  expect(scripts).toContain('examples/voc/compare.mjs')
})

test.each(scripts)('%s answers a mistyped option in one line, with those that it knows', async (script) => {
  const words = [join(repository, script), '--mistyped', 'x']
  const { code, stdout, stderr } = await run(process.execPath, words, { cwd: tmpdir() })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^error: Unknown option '--mistyped'; known: --\w+(, --\w+)+\n$/)
})
