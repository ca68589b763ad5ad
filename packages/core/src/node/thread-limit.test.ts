import { expect, test } from 'vitest'
import { threadLimit } from './thread-limit.js'

test('PIXELWISE_THREADS limits the threads of a process, and nothing does where it is not set', () => {
  expect(threadLimit({ PIXELWISE_THREADS: '3' })).toBe(3)
  expect([threadLimit({}), threadLimit({ PIXELWISE_THREADS: '' })]).toEqual([undefined, undefined])
})

test.each(['0', '-1', '1.5', 'all', 'NaN'])('%s is refused', (text) => {
  expect(() => threadLimit({ PIXELWISE_THREADS: text })).toThrow(`PIXELWISE_THREADS is "${text}"`)
})
