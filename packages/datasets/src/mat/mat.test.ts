import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import { decodeMat } from './mat-decode.js'
import { encodeMat, matMatrix, matText } from './mat-encode.js'
import { type MatValue, matField, matLabels } from './mat-value.js'

interface Described {
  readonly kind: MatValue['kind']
  readonly shape?: number[]
  readonly data?: number[]
  readonly rows?: string[]
  readonly cells?: Described[]
  readonly elements?: Record<string, Described>[]
  readonly rowIndices?: number[]
  readonly columnStarts?: number[]
}

const { cases }: { cases: { name: string; file: string; variables: Record<string, Described> }[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/mat-cases.json', import.meta.url), 'utf8'),
)

const fileOf = (file: string) => new Uint8Array(Buffer.from(file, 'base64'))
const fileNamed = (name: string) => fileOf(cases.find((entry) => entry.name === name)?.file ?? '')

/** A value in the words of the fixture. */
function described(value: MatValue): Described {
  switch (value.kind) {
    case 'numeric':
      return { kind: 'numeric', shape: [...value.shape], data: [...value.data] }
    case 'text':
      return { kind: 'text', rows: [...value.rows] }
    case 'cell':
      return { kind: 'cell', shape: [...value.shape], cells: value.cells.map(described) }
    case 'struct': {
      const elements = value.elements.map((record) =>
        Object.fromEntries(Object.entries(record).map(([name, field]) => [name, described(field)])),
      )
      return { kind: 'struct', shape: [...value.shape], elements }
    }
    case 'sparse': {
      const { shape, rowIndices, columnStarts, data } = value
      return {
        kind: 'sparse',
        shape: [...shape],
        rowIndices: [...rowIndices],
        columnStarts: [...columnStarts],
        data: [...data],
      }
    }
  }
}

function describedAll(variables: Record<string, MatValue>): Record<string, Described> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, described(value)]))
}

describe('decodeMat', () => {
  test.each(cases)('reads what SciPy wrote: $name', ({ file, variables }) => {
    expect(describedAll(decodeMat(fileOf(file)))).toEqual(variables)
  })

  test('gives a label map, rows first, with a relabelling', () => {
    const variables = decodeMat(fileNamed('SBD class file'))
    const labels = matLabels(matField(variables, ['GTcls', 'Segmentation'], 'x.mat'), 'x.mat')
    const stored = cases[0].variables['GTcls'].elements?.[0]['Segmentation'].data ?? []
    expect([labels.height, labels.width]).toEqual([5, 7])
    expect(labels.labels[1 * 7 + 3]).toBe(stored[3 * 5 + 1])
    const shifted = matLabels(matField(variables, ['GTcls', 'Segmentation'], 'x.mat'), 'x.mat', (label) => label + 300)
    expect(shifted.labels[0]).toBe(stored[0] + 300)
  })

  test('says which variables there are', () => {
    const variables = decodeMat(fileNamed('SBD class file'))
    expect(() => matField(variables, ['GTinst', 'Segmentation'], '2008_000002.mat')).toThrow(
      '2008_000002.mat has no "GTinst": there is: GTcls; check that this is the right file of the right data set',
    )
    expect(() => matField(variables, ['GTcls', 'Labels'], 'x.mat')).toThrow(
      'x.mat has no "Labels" in GTcls: there is: Boundaries, Segmentation, CategoriesPresent; check that this is the right file of the right data set',
    )
    expect(() => matLabels(matField(variables, ['GTcls'], 'x.mat'), 'x.mat')).toThrow(
      'x.mat holds a struct of 1×1 where labels are expected: labels are a matrix of whole numbers 0..65535; check that this is the right file of the right data set',
    )
  })

  test('refuses other files', () => {
    expect(() => decodeMat(new Uint8Array(40), { name: 'a.mat' })).toThrow(
      'a.mat (40 bytes) has no MATLAB 5 header: MATLAB files of version 5 begin with 128 bytes of text that end in "IM" or "MI"; check the file',
    )
    const hdf5 = new Uint8Array(600)
    hdf5.set(new TextEncoder().encode('MATLAB 7.3 MAT-file'))
    expect(() => decodeMat(hdf5, { name: 'nyu_depth_v2_labeled.mat' })).toThrow(
      'nyu_depth_v2_labeled.mat is a MATLAB 7.3 file (HDF5): MATLAB files of version 5 begin with 128 bytes of text that end in "IM" or "MI"; save it with "-v7", or read it with an HDF5 reader',
    )
  })
})

describe('encodeMat', () => {
  test.each(['SBD class file', 'SIFT Flow geometric labels', 'NYUDv2 segmentation', 'nested structs'])(
    'writes the very bytes that SciPy writes after the header: %s',
    (name) => {
      const file = fileNamed(name)
      expect(encodeMat(decodeMat(file), { compressed: false }).subarray(128)).toEqual(file.subarray(128))
    },
  )

  test.each(cases)('keeps values through a round trip: $name', ({ file }) => {
    const variables = decodeMat(fileOf(file))
    for (const compressed of [false, true]) {
      expect(describedAll(decodeMat(encodeMat(variables, { compressed })))).toEqual(describedAll(variables))
    }
  })

  test('stores pictures columns first and text as letters', () => {
    const value = matMatrix(2, 3, [1, 2, 3, 4, 5, 6], (length) => new Uint8Array(length))
    const read = decodeMat(encodeMat({ S: value, note: matText('two rows') }))
    expect([...matLabels(read['S'], 'x').labels]).toEqual([1, 2, 3, 4, 5, 6])
    expect(read['note']).toEqual({ kind: 'text', shape: [1, 8], rows: ['two rows'] })
  })
})

describe('damaged and hostile files', () => {
  const { file } = cases[1]

  test('every truncation inside the variable is an error that names the file', () => {
    const whole = fileOf(file)
    for (let length = 0; length < whole.length; length++) {
      if (length === 128) continue
      expect(() => decodeMat(whole.subarray(0, length), { name: 'cut.mat' }), `${length}`).toThrow(/^cut\.mat /)
    }
    expect(decodeMat(whole.subarray(0, 128))).toEqual({})
  })

  test.each(cases.slice(0, 8))('every flipped byte gives values or a clear error: $name', (entry) => {
    const whole = fileOf(entry.file)
    for (let i = 0; i < whole.length; i++) {
      const damaged = whole.slice()
      damaged[i] ^= 0xff
      try {
        decodeMat(damaged)
      } catch (error) {
        expect(error, `byte ${i}`).toBeInstanceOf(PixelwiseError)
      }
    }
  })

  test('absurd dimensions are refused before memory is taken', () => {
    const plain = encodeMat(
      { S: matMatrix(2, 2, [1, 2, 3, 4], (length) => new Uint8Array(length)) },
      { compressed: false },
    )
    const view = new DataView(plain.buffer)
    view.setInt32(128 + 8 + 16 + 8, 2_000_000_000, true)
    expect(() => decodeMat(plain, { name: 'x.mat' })).toThrow(
      'x.mat has 4 numbers for "S": its shape needs 4000000000; the file is cut short or damaged; copy or download it again',
    )
    view.setInt32(128 + 8 + 16 + 8, -5, true)
    expect(() => decodeMat(plain, { name: 'x.mat' })).toThrow('x.mat has a variable "S" of shape -5×2')
  })

  test('a compressed variable is held against the limit before it is expanded', () => {
    const zeros = encodeMat({ S: { kind: 'numeric', shape: [1000, 1000], data: new Uint8Array(1_000_000) } })
    expect(() => decodeMat(zeros, { name: 'x.mat', maxBytes: 100_000 })).toThrow(
      'a variable of x.mat claims 1000056 bytes: at most 100000 bytes are read; check the file, or pass a larger maxBytes if it is genuine',
    )
  })
})

const genuine = fileURLToPath(new URL('../../../../../shared/data/nyuv2', import.meta.url))

test.skipIf(!existsSync(genuine))('reads the genuine NYUDv2 split and class mapping', () => {
  const splits = decodeMat(readFileSync(`${genuine}/splits.mat`))
  expect([splits['trainNdxs'].shape, splits['testNdxs'].shape]).toEqual([
    [795, 1],
    [654, 1],
  ])
  const mapping = decodeMat(readFileSync(`${genuine}/classMapping40.mat`))
  const names = mapping['className']
  expect(names.kind === 'cell' && names.cells.length).toBe(40)
  expect(names.kind === 'cell' && names.cells[0]).toEqual({ kind: 'text', shape: [1, 4], rows: ['wall'] })
  expect(mapping['mapClass'].shape).toEqual([1, 894])
})
