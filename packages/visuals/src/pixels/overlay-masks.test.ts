import { encodeMask } from '@pixelwise/masks'
import { expect, test } from 'vitest'
import { distinctColours } from './distinct-colours.js'
import { overlayMasks, spotlight } from './overlay-masks.js'

const grey = (height: number, width: number, value: number) => ({
  height,
  width,
  channels: 1,
  data: new Uint8Array(height * width).fill(value),
})
const mask = (width: number, ...labels: number[]) =>
  encodeMask({ height: labels.length / width, width, labels: Uint8Array.from(labels) })

const reds = ({ data }: { data: Uint8Array }) => [...data].filter((_, i) => i % 3 === 0)

test('the first mask lies on top', () => {
  const masks = [mask(3, 0, 1, 0), mask(3, 0, 1, 1)]
  const colours = [
    [10, 0, 0],
    [20, 0, 0],
  ] as const
  const picture = overlayMasks(grey(1, 3, 100), masks, { colours, alpha: 1, boundary: null })
  expect(reds(picture)).toEqual([100, 10, 20])
})

test('masks blend half and half and have a white inner edge', () => {
  const full = mask(3, ...Array(9).fill(1))
  const colours = [[200, 0, 0]] as const
  expect(reds(overlayMasks(grey(3, 3, 100), [full], { colours }))).toEqual(Array(9).fill(150))
  const middle = mask(3, 0, 0, 0, 0, 1, 0, 0, 0, 0)
  expect(reds(overlayMasks(grey(3, 3, 100), [middle], { colours }))).toEqual([
    100, 100, 100, 100, 255, 100, 100, 100, 100,
  ])
})

test('255 masks and more have colours', () => {
  const masks = Array.from({ length: 300 }, () => mask(1, 1))
  expect(overlayMasks(grey(1, 1, 0), masks, { boundary: null, alpha: 1 }).data).toEqual(
    Uint8Array.from(distinctColours(1)[0]),
  )
})

test('colours differ from the ones before', () => {
  const colours = distinctColours(12)
  for (const [i, a] of colours.entries()) {
    for (const b of colours.slice(0, i)) {
      expect(Math.max(...a.map((value, c) => Math.abs(value - b[c])))).toBeGreaterThan(25)
    }
  }
})

test('a spotlight darkens everything else', () => {
  expect(reds(spotlight(grey(2, 2, 200), mask(2, 0, 0, 1, 0)))).toEqual([50, 50, 200, 50])
})

test('refuses masks of another size', () => {
  expect(() => overlayMasks(grey(1, 3, 0), [mask(1, 1, 0, 0)])).toThrow(
    'image 1×3 with a mask of 3×1: masks have the size of the image that they are painted on; pass the image that they were predicted for',
  )
})
