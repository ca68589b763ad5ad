import { crc32 as zlibCrc32 } from 'node:zlib'
import { Rng } from '@pixelwise/masks/shared'
import { expect, test } from 'vitest'
import { crc32 } from './crc32.js'

const text = (characters: string) => Uint8Array.from(characters, (c) => c.charCodeAt(0))

test('gives the published check value', () => {
  expect(crc32(text('123456789'))).toBe(0xcbf43926)
  expect(crc32(new Uint8Array(0))).toBe(0)
})

test.skipIf(zlibCrc32 === undefined)('agrees with zlib on any length (zlib.crc32 came with Node 20.15)', () => {
  const rng = new Rng('crc32')
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, () => rng.integer(256))
    expect(crc32(bytes)).toBe(zlibCrc32(bytes))
  }
})

test('goes on where the last piece ended', () => {
  const bytes = text('the quick brown fox jumps over the lazy dog')
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32(bytes))
  }
})
