import { expect, test } from 'vitest'
import { PixelwiseError } from './pixelwise-error.js'

const parts = { what: 'label 38 at (12, 40) of a.png', rule: 'expected 0..20 or 255 (ignore)', next: 'pass classMap' }

test('says what failed, the rule and the next step, and keeps the parts for programs', () => {
  const error = new PixelwiseError('metrics/label', parts)
  expect(error.message).toBe('label 38 at (12, 40) of a.png: expected 0..20 or 255 (ignore); pass classMap')
  expect(error).toMatchObject({ name: 'PixelwiseError', code: 'metrics/label', ...parts })
  expect(error).toBeInstanceOf(Error)
  expect(String(error)).toMatch(/^PixelwiseError: label 38/)
})

test('carries the error that led to it, and only then', () => {
  const cause = new RangeError('inner')
  expect(new PixelwiseError('a/b', { ...parts, cause }).cause).toBe(cause)
  expect('cause' in new PixelwiseError('a/b', parts)).toBe(false)
})
