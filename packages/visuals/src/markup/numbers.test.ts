import { expect, test } from 'vitest'
import { compact, grouped, percent, shortCount } from './numbers.js'

test('groups thousands with a thin space', () => {
  expect([0, 999, 1000, 12345678, -4321].map(grouped)).toEqual([
    '0',
    '999',
    '1\u2009000',
    '12\u2009345\u2009678',
    '-4\u2009321',
  ])
})

test('writes shares as percentages and says when there is none', () => {
  expect([percent(0.83125), percent(1, 0), percent(Number.NaN)]).toEqual(['83.1\u2009%', '100\u2009%', '–'])
})

test('keeps about three digits', () => {
  expect([0, 0.05, 1234, 2.34567, 0.00012, 3e7, Number.POSITIVE_INFINITY].map(compact)).toEqual([
    '0',
    '0.05',
    '1234',
    '2.35',
    '1.2e-4',
    '3e7',
    '–',
  ])
})

test('shortens counts', () => {
  expect([0, 950, 1234, 12_345, 999_999, 3_400_000, 2e9].map(shortCount)).toEqual([
    '0',
    '950',
    '1.2k',
    '12k',
    '1.0M',
    '3.4M',
    '2.0G',
  ])
})
