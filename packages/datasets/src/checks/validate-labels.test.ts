import { expect, test } from 'vitest'
import { classList } from '../classes/class-list.js'
import { unknownLabels, validateLabels } from './validate-labels.js'

const classes = classList(['background', 'cat'])

test('classes and the ignore label pass', () => {
  expect(() =>
    validateLabels({ height: 1, width: 3, labels: Uint8Array.of(0, 1, 255) }, classes, 'a.png'),
  ).not.toThrow()
})

test('negative labels and labels without an ignore label are unknown', () => {
  const none = { ...classes, ignoreLabel: undefined }
  expect(() => validateLabels({ height: 2, width: 1, labels: Int32Array.of(0, -1) }, none, 'a.png')).toThrow(
    'label -1 at (1, 0) of a.png: expected 0..1; pass the right classes or run "pixelwise datasets check"',
  )
})

test('of many unknown values the first ten are listed and the rest counted', () => {
  const labels = Uint16Array.from({ length: 300 }, (_, i) => i)
  const messages = unknownLabels({ height: 3, width: 100, labels }, classes, 'a.png').map(({ message }) => message)
  expect(messages.length).toBe(11)
  expect(messages[0]).toContain('label 2 at (0, 2) of a.png')
  expect(messages[10]).toBe(
    '287 more unknown label values in a.png: expected 0..1 or 255 (ignore); check that the file is a label map of this data set',
  )
})
