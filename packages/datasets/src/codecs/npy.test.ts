import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeNpy, encodeNpy } from './npy.js'

const { cases }: { cases: { name: string; file: string; shape: number[]; values: number[] }[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/npy-cases.json', import.meta.url), 'utf8'),
)

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

describe('decodeNpy', () => {
  test.each(cases)('reads what NumPy wrote: $name', ({ file, shape, values }) => {
    const array = decodeNpy(bytesOf(file))
    expect(array.shape).toEqual(shape)
    expect([...array.data]).toEqual(values.map(Number))
  })

  test('refuses 64-bit integers that do not fit', () => {
    const found = cases.find(({ name }) => name.startsWith('<i8'))
    const file = bytesOf(found?.file ?? '')
    new DataView(file.buffer).setBigInt64(file.length - 8, 2n ** 40n, true)
    expect(() => decodeNpy(file, { name: 'ids.npy' })).toThrow(
      'ids.npy holds 1099511627776 at element 23: 64-bit integers are read when they fit into 32 bits; convert it in NumPy with .astype("float64")',
    )
  })

  test('refuses a shape that the data cannot fill, before memory is taken', () => {
    const file = encodeNpy({ shape: [3], data: Float32Array.of(1, 2, 3) })
    const absurd = String.fromCharCode(...file)
      .replace('(3,)', '(9999999999999,)')
      .replace('             ', '')
    const bytes = Uint8Array.from(absurd, (letter) => letter.charCodeAt(0))
    expect(() => decodeNpy(bytes, { name: 'a.npy' })).toThrow('shape (9999999999999) of f4 needs 39999999999996')
  })

  test('every truncation is an error that names the file', () => {
    const file = encodeNpy({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) })
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeNpy(file.subarray(0, length), { name: 'cut.npy' })).toThrow(/^cut\.npy /)
    }
  })

  test('refuses pickled objects', () => {
    const file = encodeNpy({ shape: [1], data: Float32Array.of(1) })
    const text = String.fromCharCode(...file).replace("'<f4'", "'|O8'")
    expect(() =>
      decodeNpy(
        Uint8Array.from(text, (c) => c.charCodeAt(0)),
        { name: 'o.npy' },
      ),
    ).toThrow(
      'o.npy holds elements of type "O8": read are b1, u1, i1, u2, i2, u4, i4, i8, u8, f4, f8; convert it in NumPy with .astype("float32")',
    )
  })
})

describe('encodeNpy', () => {
  test('writes the very bytes that NumPy writes', () => {
    for (const { name, file, shape } of cases) {
      if (!/^(\|u1|<[uif]\d|\|i1)/.test(name) || name.includes('8 (') || name.includes('Fortran') || shape.length === 0)
        continue
      const bytes = bytesOf(file)
      expect(encodeNpy(decodeNpy(bytes)), name).toEqual(bytes)
    }
  })

  test('refuses data that does not fill the shape', () => {
    expect(() => encodeNpy({ shape: [2, 2], data: Float32Array.of(1) })).toThrow(
      '1 elements for shape (2, 2): the shape needs 4 elements of a plain typed array; check the array that is written',
    )
  })
})
