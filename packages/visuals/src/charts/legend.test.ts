import { expect, test } from 'vitest'
import { legend, legendEntries } from './legend.js'

test('pairs names with colours and refuses a name without one', () => {
  const palette = Uint8Array.of(0, 0, 0, 128, 0, 0)
  expect(legendEntries(['background', 'cat'], palette)).toEqual([
    { name: 'background', colour: [0, 0, 0] },
    { name: 'cat', colour: [128, 0, 0] },
  ])
  expect(() => legendEntries(['a', 'b', 'c'], palette)).toThrow('label 2 has no colour: the palette covers 0..1')
})

test('starts a new row where the width ends', () => {
  const entries = legendEntries(['first', 'second', 'third'], new Uint8Array(9))
  const heights = (width: number) => [...legend(entries, { width }).matchAll(/<rect class="pw-swatch"[^>]* y="(\d+)"/g)]
  expect(new Set(heights(720).map(([, y]) => y)).size).toBe(1)
  expect(new Set(heights(80).map(([, y]) => y)).size).toBe(3)
})
