import { Rng } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import { JsonElements } from './json-elements.js'

const encode = (text: string) => new TextEncoder().encode(text)

/** Elements as text, with their places, of a file that is pushed in pieces. */
function elementsOf(text: string, wanted: string[], pieces: (length: number) => number = (length) => length) {
  const bytes = encode(text)
  const found: { key: string; value: unknown; offset: number }[] = []
  const scanner = new JsonElements(wanted, 'a.json', ({ key, bytes: element, offset }) => {
    found.push({ key, value: JSON.parse(new TextDecoder().decode(element)), offset })
    expect([...element]).toEqual([...bytes.subarray(offset, offset + element.length)])
  })
  for (let at = 0; at < bytes.length; ) {
    const length = Math.max(1, pieces(bytes.length - at))
    scanner.push(bytes.slice(at, at + length))
    at += length
  }
  scanner.end()
  return found
}

const sample = JSON.stringify({
  info: { images: [{ no: 1 }], text: 'a "quoted" \\ { [ name' },
  images: [
    { id: 1, name: 'x]}"', nested: { list: [[1, 2], { a: '\\' }] } },
    { id: 2, name: 'straße 😀' },
  ],
  'other images': [1, 2, 3],
  empty: [],
  annotations: [{ id: 7 }],
})

describe('JsonElements', () => {
  test('gives the elements of the chosen arrays, and only at the top level', () => {
    const found = elementsOf(sample, ['images', 'annotations', 'empty'])
    const parsed = JSON.parse(sample)
    expect(found.map(({ key, value }) => [key, value])).toEqual([
      ['images', parsed.images[0]],
      ['images', parsed.images[1]],
      ['annotations', parsed.annotations[0]],
    ])
  })

  test('does not depend on how the file is cut into pieces, nor on white space', () => {
    const rng = new Rng('pieces')
    for (const text of [sample, JSON.stringify(JSON.parse(sample), undefined, 3)]) {
      const whole = elementsOf(text, ['images', 'annotations'])
      expect(whole.length).toBe(3)
      expect(elementsOf(text, ['images', 'annotations'], () => 1)).toEqual(whole)
      for (let i = 0; i < 30; i++) {
        expect(elementsOf(text, ['images', 'annotations'], (length) => rng.integer(Math.min(length, 40)))).toEqual(
          whole,
        )
      }
    }
  })

  test('every truncation is an error that names the file', () => {
    const ascii = sample.replace(/[^ -~]/g, '?')
    for (let length = 0; length < ascii.length; length++) {
      expect(() => elementsOf(ascii.slice(0, length), ['images'])).toThrow(
        `a.json ends inside its JSON (byte ${length}): it must be one JSON object with arrays of objects; the file is cut short or damaged; copy or download it again`,
      )
    }
  })

  test('refuses other JSON', () => {
    expect(() => elementsOf('[1]', ['images'])).toThrow('a.json is not a JSON object (byte 0)')
    expect(() => elementsOf('{"images": 5, "a": {}}', ['images'])).not.toThrow()
    expect(() => elementsOf('{"images": {"a": 1}}', ['images'])).toThrow('a.json holds no array in "images" (byte 11)')
    expect(() => elementsOf('{"images": [1]}', ['images'])).toThrow(
      'a.json holds something other than objects in "images" (byte 12)',
    )
    expect(() => elementsOf('{} {}', [])).toThrow('a.json goes on after its end (byte 3)')
  })

  test('refuses an element that does not fit into memory', () => {
    const scanner = new JsonElements(['images'], 'a.json', () => undefined, { maxElement: 1000 })
    scanner.push(encode('{"images": [{"a": "'))
    expect(() => {
      for (let i = 0; i < 100; i++) scanner.push(encode('x'.repeat(100)))
    }).toThrow(
      'a.json: the element of "images" at byte 12 is longer than 1000 bytes: elements are read one at a time and must fit into memory; check that the file is what it should be',
    )
  })
})
