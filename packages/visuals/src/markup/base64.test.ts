import { expect, test } from 'vitest'
import { base64 } from './base64.js'

test('equals the platform for every length and every byte', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => (i * 89) % 256)
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length)
    expect(base64(part)).toBe(Buffer.from(part).toString('base64'))
  }
})
