import { readFileSync } from 'node:fs'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { expect, test } from 'vitest'
import { decodeNpz, encodeNpz } from './npz.js'

const {
  npz,
}: { npz: { name: string; file: string; arrays: Record<string, { shape: number[]; values: number[] }> }[] } =
  JSON.parse(readFileSync(new URL('../../fixtures/npy-cases.json', import.meta.url), 'utf8'))

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))

test.each(npz)('reads what NumPy wrote: $name', ({ file, arrays }) => {
  const read = decodeNpz(bytesOf(file))
  const described = Object.entries(read).map(([name, { shape, data }]) => [name, { shape, values: [...data] }])
  expect(Object.fromEntries(described)).toEqual(arrays)
})

test('keeps arrays through a round trip, and equal arrays give equal files', () => {
  const arrays = {
    scores: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4.5) },
    labels: { shape: [3], data: Uint8Array.of(1, 2, 3) },
  }
  expect(decodeNpz(encodeNpz(arrays))).toEqual(arrays)
  expect(encodeNpz(arrays)).toEqual(encodeNpz(arrays))
})

test('holds sizes against the limit before memory is taken', () => {
  const zeros = encodeNpz({ zeros: { shape: [1_000_000], data: new Uint8Array(1_000_000) } })
  expect(() => decodeNpz(zeros, { name: 'a.npz', maxBytes: 1000 })).toThrow(
    'a.npz claims 1000128 bytes of arrays: at most 1000 bytes are read; check the file, or pass a larger maxBytes if it is genuine',
  )
})

test('damaged archives give a value or an error that names the file', () => {
  const whole = bytesOf(npz[1].file)
  for (let length = 0; length < whole.length; length += 3) {
    expect(() => decodeNpz(whole.subarray(0, length), { name: 'cut.npz' })).toThrow(/cut\.npz/)
  }
  for (let i = 0; i < whole.length; i++) {
    const damaged = whole.slice()
    damaged[i] ^= 0xff
    try {
      decodeNpz(damaged)
    } catch (error) {
      expect(error, `byte ${i}`).toBeInstanceOf(PixelwiseError)
    }
  }
})
