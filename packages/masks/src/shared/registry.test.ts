import { expect, test } from 'vitest'
import { Registry } from './registry.js'

const backbones = () =>
  new Registry('backbone', [
    ['vgg16', { layers: 16 }],
    ['alexnet', { layers: 8 }],
  ])

test('gives back what was added, names sorted, entries in order', () => {
  const registry = backbones().add('lenet', { layers: 5 })
  expect(registry.get('lenet')).toEqual({ layers: 5 })
  expect(registry.has('lenet')).toBe(true)
  expect(registry.has('toString')).toBe(false)
  expect(registry.names()).toEqual(['alexnet', 'lenet', 'vgg16'])
  expect([...registry.entries()].map(([name]) => name)).toEqual(['vgg16', 'alexnet', 'lenet'])
})

test('an unknown name lists the known ones and the nearest', () => {
  expect(() => backbones().get('vgg61')).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: unknown backbone "vgg61": known: alexnet, vgg16; did you mean "vgg16"?]`,
  )
  expect(() => backbones().get('swin')).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: unknown backbone "swin": known: alexnet, vgg16; add it with add("swin", …)]`,
  )
  expect(() => new Registry('lowering').get('Relu')).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: unknown lowering "Relu": this registry is empty; add it with add("Relu", …)]`,
  )
})

test('a name stands for one thing; adding the same thing again is harmless', () => {
  const lenet = { layers: 5 }
  const registry = backbones().add('lenet', lenet).add('lenet', lenet)
  expect(registry.names()).toHaveLength(3)
  expect(() => registry.add('lenet', { layers: 5 })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: backbone "lenet" is registered twice: a name stands for one thing; give one of the two another name, or build a separate registry]`,
  )
})

test('two registries know nothing of each other', () => {
  const [one, other] = [backbones(), backbones()]
  one.add('mine', { layers: 1 })
  expect(other.has('mine')).toBe(false)
})
