import { readdirSync, readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'

/** The seven observations of Long 2016, §4.3.2, each a program. */
const folder = new URL('../examples/', import.meta.url)
const programs = readdirSync(folder).flatMap((name) => (name.endsWith('.mjs') ? [name.slice(0, -4)] : []))

test('there is a program for each of the seven', () => {
  expect(programs).toEqual([
    'coarse-to-fine',
    'paths-of-length-at-most-k',
    'paths-through-the-structure',
    'recurrence',
    'shortest-paths',
    'time-dependent-cost',
    'undirected-graphs',
  ])
})

test.each(programs)('%s prints what it promises', async (name) => {
  const promised = [
    ...readFileSync(new URL(`${name}.mjs`, folder), 'utf8').matchAll(/^console\.log\(.*\) \/\/ (.+)$/gm),
  ]
  const print = vi.spyOn(console, 'log').mockImplementation(() => {})
  await import(`../examples/${name}.mjs`)
  const printed = print.mock.calls.map((texts) => texts.join(' '))
  print.mockRestore()
  expect(promised.length).toBeGreaterThan(0)
  expect(printed).toEqual(promised.map(([, text]) => text))
})
