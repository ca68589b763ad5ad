import { expect, test } from 'vitest'
import { nearestName } from './nearest.js'

const known = ['vgg16', 'vgg19', 'alexnet', 'resnet50', 'squeezenet1.0', 'fc']

test.each([
  ['vgg61', 'vgg16', 'letters swapped'],
  ['VGG-16', 'vgg16', 'a letter too many, other case'],
  ['alexnt', 'alexnet', 'a letter missing'],
  ['rasnet50', 'resnet50', 'a letter replaced'],
  ['fx', 'fc', 'one wrong letter in a short name'],
])('%s is taken for %s: %s', (typed, expected) => {
  expect(nearestName(typed, known)).toBe(expected)
})

test.each(['transformer', 'net', 'x', ''])('"%s" is near nothing', (typed) => {
  expect(nearestName(typed, ['vgg16', 'alexnet', 'squeezenet1.0'])).toBeUndefined()
})

test('the first of equally near names wins, and nothing is near in an empty list', () => {
  expect(nearestName('vgg1', ['vgg16', 'vgg19'])).toBe('vgg16')
  expect(nearestName('vgg16', [])).toBeUndefined()
})
