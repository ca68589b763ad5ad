import { Rng } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import type { Sample } from '../dataset.js'
import { mirror } from './mirror.js'
import { inOrder, padTo, randomCrop, randomJitter, randomMirror, randomScale } from './random-transforms.js'
import { cutWindow } from './window.js'

/** Image, labels, instances and depth all tell the pixel's own place: label = 10·row + column. */
function placesOf(height: number, width: number): Sample {
  const places = Uint8Array.from({ length: height * width }, (_, i) => 10 * Math.floor(i / width) + (i % width))
  return {
    id: 'places',
    image: {
      height,
      width,
      channels: 3,
      data: Uint8Array.from({ length: height * width * 3 }, (_, i) => places[Math.floor(i / 3)] + (i % 3)),
    },
    labels: { height, width, labels: places },
    instances: { height, width, labels: places.map((place) => place + 1) },
    depth: { height, width, channels: 1, data: Uint16Array.from(places, (place) => place * 100) },
  }
}

/** Whether image, instances and depth still tell the place that the labels tell, or all tell that nothing is there. */
function inRegister({ image, labels, instances, depth }: Sample): boolean {
  if (labels === undefined || instances === undefined || depth === undefined) return false
  return labels.labels.every((place, i) => {
    const pixel = [...image.data.subarray(i * 3, i * 3 + 3)].join()
    return place === 255
      ? pixel === '123,117,104' && instances.labels[i] === 255 && depth.data[i] === 0
      : pixel === [place, place + 1, place + 2].join() &&
          instances.labels[i] === place + 1 &&
          depth.data[i] === place * 100
  })
}

const sample = placesOf(4, 6)

test('a window crops, and fills where it sticks out', () => {
  const cut = cutWindow(sample, { top: 2, left: -1, height: 3, width: 4 })
  expect([...(cut.labels?.labels ?? [])]).toEqual([255, 20, 21, 22, 255, 30, 31, 32, 255, 255, 255, 255])
  expect(inRegister(cut)).toBe(true)
  const inside = cutWindow(sample, { top: 1, left: 2, height: 2, width: 2 }, { colour: [9, 9, 9], ignoreLabel: 77 })
  expect([...(inside.labels?.labels ?? [])]).toEqual([12, 13, 22, 23])
  const away = cutWindow(sample, { top: 0, left: 6, height: 1, width: 2 }, { colour: [9, 8, 7], ignoreLabel: 77 })
  expect([...away.image.data, ...(away.labels?.labels ?? [])]).toEqual([9, 8, 7, 9, 8, 7, 77, 77])
})

test('a mirror swaps left and right and undoes itself', () => {
  const once = mirror(sample)
  expect([...(once.labels?.labels ?? [])].slice(0, 6)).toEqual([5, 4, 3, 2, 1, 0])
  expect(inRegister(once)).toBe(true)
  expect(mirror(once)).toEqual(sample)
})

describe.each([
  ['randomMirror', randomMirror()],
  ['randomJitter', randomJitter(3)],
  ['randomCrop within', randomCrop(3, 2)],
  ['randomCrop beyond', randomCrop(6, 9)],
  ['padTo a size', padTo({ height: 5, width: 5 })],
  ['padTo a multiple', padTo({ multipleOf: 4 })],
  ['several in order', inOrder(randomMirror(), randomJitter(2), randomCrop(3, 3))],
])('%s', (_, transform) => {
  test('keeps image, labels, instances and depth in register', () => {
    const rng = new Rng('register')
    for (let i = 0; i < 50; i++) expect(inRegister(transform(sample, rng))).toBe(true)
  })

  test('does the same for the same generator', () => {
    expect(transform(sample, new Rng(4))).toEqual(transform(sample, new Rng(4)))
  })
})

test('jitter reaches every shift up to its distance, and none beyond', () => {
  const rng = new Rng('jitter')
  const jitter = randomJitter(2)
  const shifts = new Set<string>()
  for (let i = 0; i < 600; i++) {
    const { labels } = jitter(sample, rng)
    const first = labels?.labels.indexOf(22) ?? -1
    shifts.add(`${Math.floor(first / 6) - 2},${(first % 6) - 2}`)
  }
  // Place (2, 2) moves by −2..2 both ways; moved down by two it leaves the picture, which gives one key for five shifts.
  expect([...shifts].filter((shift) => !shift.startsWith('-3')).length).toBe(20)
})

test('crops reach every place', () => {
  const rng = new Rng('crop')
  const crop = randomCrop(3, 5)
  const corners = new Set(Array.from({ length: 100 }, () => crop(sample, rng).labels?.labels[0]))
  expect([...corners].sort()).toEqual([0, 1, 10, 11])
})

test('padding fills up at the bottom and right', () => {
  const padded = padTo({ multipleOf: 4 })(sample, new Rng(0))
  expect([padded.image.height, padded.image.width]).toEqual([4, 8])
  expect([...(padded.labels?.labels ?? [])].slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 255, 255])
  expect(padTo({ height: 2, width: 2 })(sample, new Rng(0))).toBe(sample)
})

test('scaling changes all parts alike and invents no label', () => {
  const rng = new Rng('scale')
  const known = new Set(sample.labels?.labels)
  for (let i = 0; i < 30; i++) {
    const { image, labels, instances, depth } = randomScale(0.4, 2.5)(sample, rng)
    for (const part of [labels, instances, depth])
      expect([part?.height, part?.width]).toEqual([image.height, image.width])
    expect(labels?.labels.every((label) => known.has(label))).toBe(true)
  }
})

test('says what factors are possible', () => {
  expect(() => randomScale(2, 0.5)).toThrow(
    'scale factors 2..0.5: factors are positive, the smaller first; pass for example randomScale(0.5, 2)',
  )
})
