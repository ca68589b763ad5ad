import { Rng } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import { fromHsv } from './colour.js'
import { objectKinds } from './object-kinds.js'
import { synthesizeScene } from './scene.js'
import { box, disc, polygon, ring, star } from './shapes.js'

const size = { height: 64, width: 80 }
const scenes = Array.from({ length: 60 }, (_, i) => synthesizeScene(new Rng('scenes').split(i), size))

describe('a scene', () => {
  test('is the same for the same generator and another for another', () => {
    expect(synthesizeScene(new Rng('scenes').split(0), size)).toEqual(scenes[0])
    expect(scenes[1].image.data).not.toEqual(scenes[0].image.data)
  })

  test('labels classes, background and void and nothing else', () => {
    const seen = new Set(scenes.flatMap(({ labels }) => [...labels.labels]))
    expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 255])
  })

  test('has the same background and the same void in labels and instances', () => {
    for (const { labels, instances } of scenes) {
      const wrong = labels.labels.findIndex((label, i) => {
        const instance = instances.labels[i]
        return label === 0 || label === 255 ? instance !== label : instance === 0 || instance === 255
      })
      expect(wrong).toBe(-1)
    }
  })

  test('separates every two regions by void: no pixel touches another instance', () => {
    for (const { instances } of scenes) {
      const { labels, width, height } = instances
      let touching = 0
      for (let row = 0; row < height; row++) {
        for (let column = 1; column < width; column++) {
          const pair = [labels[row * width + column - 1], labels[row * width + column]]
          if (pair[0] !== pair[1] && !pair.includes(255)) touching++
        }
      }
      expect(touching).toBe(0)
    }
  })

  test('lists its instances without gaps, each with its class and tight box', () => {
    for (const { labels, instances, objects } of scenes) {
      expect(objects.map(({ instance }) => instance)).toEqual(objects.map((_, i) => i + 1))
      for (const { instance, label, className, box: bounds } of objects) {
        expect(Object.keys(objectKinds)[label - 1]).toBe(className)
        const pixels = [...instances.labels.keys()].filter((i) => instances.labels[i] === instance)
        expect(new Set(pixels.map((i) => labels.labels[i]))).toEqual(new Set([label]))
        const columns = pixels.map((i) => i % size.width)
        const rows = pixels.map((i) => Math.floor(i / size.width))
        expect(bounds).toEqual({
          left: Math.min(...columns),
          right: Math.max(...columns),
          top: Math.min(...rows),
          bottom: Math.max(...rows),
        })
      }
    }
  })

  test('draws only the classes asked for and numbers them in that order', () => {
    const { labels, objects } = synthesizeScene(new Rng(3), { ...size, classes: ['star', 'ball'], objects: [5, 5] })
    expect(new Set(objects.map(({ className, label }) => `${className} ${label}`))).toEqual(
      new Set(['star 1', 'ball 2']),
    )
    expect(Math.max(...labels.labels.filter((label) => label !== 255))).toBe(2)
  })

  test('says which class stands twice', () => {
    expect(() => synthesizeScene(new Rng(1), { ...size, classes: ['ball', 'star', 'ball'] })).toThrow(
      'the object class "ball" stands twice among ball, star, ball: a class has one label; name it once',
    )
  })

  test('says which classes exist', () => {
    expect(() => synthesizeScene(new Rng(1), { ...size, classes: ['bal'] })).toThrow(
      'unknown object class "bal": known: ball, crate, kite, ring, star; did you mean "ball"?',
    )
    expect(() => synthesizeScene(new Rng(1), { height: 8, width: 64 })).toThrow(
      'a scene of 8×64 pixels: scenes have at least 16 pixels on each side; ask for a larger height and width',
    )
  })
})

describe('a set of scenes', () => {
  test('covers every class alike and leaves more than half to the background', () => {
    const counts = new Float64Array(256)
    for (const { labels } of scenes) for (const label of labels.labels) counts[label]++
    const shares = [...counts].map((count) => count / (scenes.length * size.height * size.width))
    expect(shares[0]).toBeGreaterThan(0.5)
    expect(shares[0]).toBeLessThan(0.75)
    for (let label = 1; label <= 5; label++) expect(shares[label]).toBeGreaterThan(0.03)
    expect(shares[255]).toBeLessThan(0.12)
  })

  test('cannot be told apart by colour: the commonest class of each colour scores below 25 % mean IU on unseen scenes', () => {
    const counts = new Float64Array(512 * 6)
    const cellOf = (data: Uint8Array, i: number) =>
      ((data[i * 3] >> 5) * 8 + (data[i * 3 + 1] >> 5)) * 8 + (data[i * 3 + 2] >> 5)
    for (const { image, labels } of scenes.slice(0, 45)) {
      labels.labels.forEach((label, i) => {
        if (label !== 255) counts[cellOf(image.data, i) * 6 + label]++
      })
    }
    const hits = new Float64Array(6)
    const union = new Float64Array(6)
    for (const { image, labels } of scenes.slice(45)) {
      labels.labels.forEach((label, i) => {
        if (label === 255) return
        const cell = cellOf(image.data, i) * 6
        const votes = counts.subarray(cell, cell + 6)
        const predicted = votes.indexOf(Math.max(...votes))
        if (predicted === label) hits[label]++
        else union[predicted]++
        union[label]++
      })
    }
    const meanIu = hits.reduce((sum, hit, label) => sum + hit / union[label], 0) / 6
    expect(meanIu).toBeGreaterThan(0.05)
    expect(meanIu).toBeLessThan(0.25)
  })
})

describe('outlines', () => {
  test('measure distance: negative inside, positive outside', () => {
    expect(disc(0, 0.25)).toBeCloseTo(-0.75)
    expect(ring(0.5)(0, 0)).toBeCloseTo(0.5)
    expect(ring(0.5)(0.75, 0)).toBeCloseTo(-0.25)
    const square = polygon([
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ])
    expect(square(0.5, 0)).toBeCloseTo(-0.5)
    expect(square(4, 5)).toBeCloseTo(5)
    expect(box(0.75)(0.8, 0.6)).toBeCloseTo(0)
    expect(star(5, 0.5)(0, -1)).toBeCloseTo(0)
    expect(star(5, 0.5)(0, 0)).toBeLessThan(-0.3)
  })
})

test('hues are the usual ones', () => {
  expect(fromHsv(0, 1, 1)).toEqual([1, 0, 0])
  expect(fromHsv(1 / 3, 1, 1)[1]).toBeCloseTo(1)
  expect(fromHsv(2 / 3, 0.5, 1)).toEqual([0.5, 0.5, 1])
})
