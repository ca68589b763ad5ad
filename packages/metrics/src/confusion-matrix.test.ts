import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { LabelMap } from '@pixelwise/masks'
import { Rng } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import { ConfusionMatrix, type ConfusionMatrixJSON } from './confusion-matrix.js'

const row = (...labels: number[]): LabelMap => ({ height: 1, width: labels.length, labels: Int32Array.from(labels) })

/** Eight pixels whose scores were computed with the reference code. */
const truth = row(0, 0, 0, 1, 1, 2, 255, 255)
const prediction = row(0, 0, 1, 1, 3, 2, 2, 0)

describe('scores', () => {
  test("agree with the reference code's on its own convention", () => {
    const scores = new ConfusionMatrix({ classes: 5 }).add(truth, prediction).scores()
    expect(scores.pixelAccuracy).toBeCloseTo(4 / 6, 12)
    expect(scores.meanAccuracy).toBeCloseTo(0.7222222222222, 12)
    expect(scores.meanIU).toBeCloseTo(0.5, 12)
    expect(scores.frequencyWeightedIU).toBeCloseTo(0.6111111111111, 12)
  })

  test("drop a class absent from the truth under the thesis's rule", () => {
    const matrix = new ConfusionMatrix({ classes: 5 }).add(truth, prediction)
    expect([...matrix.classIU()]).toEqual([2 / 3, 1 / 3, 1, 0, Number.NaN])
    expect([...matrix.classIU('truth-only')]).toEqual([2 / 3, 1 / 3, 1, Number.NaN, Number.NaN])
    expect(matrix.scores('truth-only').meanIU).toBeCloseTo(2 / 3, 12)
    expect(matrix.scores('truth-only').frequencyWeightedIU).toBe(matrix.scores().frequencyWeightedIU)
    expect([...matrix.classAccuracy()]).toEqual([2 / 3, 1 / 2, 1, Number.NaN, Number.NaN])
  })

  test("average the IUs of a published run over its 21 classes to that run's figure", () => {
    // Aurora's Keras-FCN on PASCAL VOC: one IU per class, background first. Each class is found that often in 10^8
    // pixels and called "none" otherwise, which no truth is.
    const published = [
      0.90853866, 0.75403876, 0.35943439, 0.63641792, 0.46839113, 0.55811771, 0.76582419, 0.70945356, 0.74176198,
      0.23796475, 0.50426148, 0.34436233, 0.5800221, 0.59974548, 0.67946723, 0.79982366, 0.46768033, 0.58926592,
      0.33912701, 0.71760929, 0.54273803,
    ]
    const none = published.length
    const matrix = new ConfusionMatrix({ classes: none + 1 })
    published.forEach((iu, label) => {
      const found = Math.round(1e8 * iu)
      matrix.counts[label * (none + 1) + label] = found
      matrix.counts[label * (none + 1) + none] = 1e8 - found
    })
    expect([...matrix.classIU('truth-only')]).toEqual([...published, Number.NaN])
    expect(matrix.scores('truth-only').meanIU).toBeCloseTo(0.585907, 6)
    expect(matrix.scores().meanIU).toBeCloseTo((0.585907 * 21) / 22, 6)
  })

  test('of nothing are not a number', () => {
    const scores = new ConfusionMatrix({ classes: 2 }).scores()
    expect(Object.values(scores)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
  })
})

describe('counting', () => {
  test('puts truth in rows and prediction in columns and leaves ignored pixels out', () => {
    const matrix = new ConfusionMatrix({ classes: 4 }).add(truth, prediction)
    expect(matrix.toJSON().counts).toEqual([
      [2, 1, 0, 0],
      [0, 1, 0, 1],
      [0, 0, 1, 0],
      [0, 0, 0, 0],
    ])
    expect([matrix.total, matrix.ignored, matrix.dropped]).toEqual([6, 2, 0])
    expect([...matrix.truthPixels()]).toEqual([3, 2, 1, 0])
    expect([...matrix.predictedPixels()]).toEqual([2, 2, 1, 1])
  })

  test('agrees with counting pixel by pixel on random maps of every label type', () => {
    const rng = new Rng('confusion')
    for (const Labels of [Uint8Array, Uint16Array, Int32Array]) {
      const labels = () => Labels.from(Array.from({ length: 5000 }, () => (rng.integer(3) === 0 ? rng.integer(21) : 7)))
      const [a, b] = [labels(), labels()]
      const expected = new Float64Array(21 * 21)
      a.forEach((t, i) => {
        expected[t * 21 + b[i]]++
      })
      const matrix = new ConfusionMatrix({ classes: 21 })
      matrix.add({ height: 50, width: 100, labels: a }, { height: 50, width: 100, labels: b })
      expect(matrix.counts).toEqual(expected)
    }
  })

  test('an ignore label may be a class, or none', () => {
    const withoutBackground = new ConfusionMatrix({ classes: 4, ignoreLabel: 0 }).add(row(0, 0, 1, 2), row(1, 0, 1, 0))
    expect([withoutBackground.ignored, withoutBackground.total]).toEqual([2, 2])
    expect(() => new ConfusionMatrix({ classes: 4, ignoreLabel: null }).add(truth, prediction)).toThrow(
      "true label 255 at (0, 6): expected 0..3; check the class list and the ignore label, or leave such pixels out with outOfRange: 'drop'",
    )
  })

  test('merged parts equal the whole', () => {
    const whole = new ConfusionMatrix({ classes: 5 }).add(truth, prediction).add(prediction, prediction)
    const first = new ConfusionMatrix({ classes: 5 }).add(truth, prediction)
    const second = new ConfusionMatrix({ classes: 5 }).add(prediction, prediction)
    expect(first.merge(second).toJSON()).toEqual(whole.toJSON())
  })
})

describe('labels out of range', () => {
  const tall: LabelMap = { height: 2, width: 2, labels: Uint8Array.of(0, 1, 2, 38) }
  const good: LabelMap = { height: 2, width: 2, labels: Uint8Array.of(0, 1, 2, 2) }

  test('are an error that says where', () => {
    expect(() => new ConfusionMatrix({ classes: 21 }).add(tall, good, '2008_000.png')).toThrow(
      "true label 38 at (1, 1) of 2008_000.png: expected 0..20 or 255 (ignore); check the class list and the ignore label, or leave such pixels out with outOfRange: 'drop'",
    )
    expect(() => new ConfusionMatrix({ classes: 21 }).add(good, tall)).toThrow(
      "predicted label 38 at (1, 1): expected 0..20; check the class list and the ignore label, or leave such pixels out with outOfRange: 'drop'",
    )
    expect(() => new ConfusionMatrix({ classes: 21 }).add(row(-1), row(0))).toThrow('true label -1 at (0, 0)')
  })

  test('leave the matrix as it was', () => {
    const matrix = new ConfusionMatrix({ classes: 21 })
    expect(() => matrix.add(tall, good)).toThrow()
    expect(matrix.total).toBe(0)
  })

  test('are dropped and counted when asked for', () => {
    const matrix = new ConfusionMatrix({ classes: 21, outOfRange: 'drop' }).add(tall, good).add(good, tall)
    expect([matrix.total, matrix.dropped]).toEqual([6, 2])
  })
})

describe('wrong use', () => {
  test('maps of different size', () => {
    expect(() => new ConfusionMatrix({ classes: 2 }).add(row(0, 1), row(0), 'a.png')).toThrow(
      'truth is 1×2, prediction is 1×1 of a.png: both must label the same pixels; predict at the size of the image, or resize the prediction with nearest neighbour',
    )
    const short: LabelMap = { height: 2, width: 2, labels: new Uint8Array(3) }
    expect(() => new ConfusionMatrix({ classes: 2 }).add({ ...short, labels: new Uint8Array(4) }, short)).toThrow(
      'truth is 2×2, prediction is 2×2 (with 3 labels): ',
    )
  })

  test('different classes cannot be merged', () => {
    const cats = new ConfusionMatrix({ classes: ['background', 'cat'] })
    expect(() => cats.merge(new ConfusionMatrix({ classes: ['background', 'dog'] }))).toThrow(
      'cannot merge confusion matrices: class 1 is "cat" here and "dog" there: both must have the same classes in the same order; build both with the same class list',
    )
    expect(() => cats.merge(new ConfusionMatrix({ classes: ['background', 'cat', 'dog'] }))).toThrow(
      'class 2 is missing here and "dog" there',
    )
  })

  test('no classes', () => {
    expect(() => new ConfusionMatrix({ classes: 0 })).toThrow(
      'a confusion matrix of 0 classes: there must be a whole number of classes, at least 1 and at most 10000; pass the number of classes or the list of their names',
    )
    expect(() => new ConfusionMatrix({ classes: [] })).toThrow('a confusion matrix of an empty list of classes')
    expect(() => new ConfusionMatrix({ classes: 99_999_999 })).toThrow('a confusion matrix of 99999999 classes: there')
  })
})

describe('JSON', () => {
  test('restores every count exactly', () => {
    const matrix = new ConfusionMatrix({ classes: ['a', 'b', 'c'], outOfRange: 'drop' }).add(truth, prediction)
    matrix.counts[4] = Number.MAX_SAFE_INTEGER
    const restored = ConfusionMatrix.fromJSON(JSON.parse(JSON.stringify(matrix)))
    expect(restored.toJSON()).toEqual(matrix.toJSON())
    expect(restored.counts).toEqual(matrix.counts)
    expect([restored.ignored, restored.dropped]).toEqual([2, 1])
  })

  test('refuses tables that no matrix wrote', () => {
    const json = new ConfusionMatrix({ classes: 2 }).toJSON()
    const withCounts = (counts: number[][]): ConfusionMatrixJSON => ({ ...json, counts })
    expect(() => ConfusionMatrix.fromJSON(withCounts([[1, 2]]))).toThrow(
      'confusion matrix from JSON: counts has 1 entries: expected 2, one per class; write the file again with JSON.stringify(matrix)',
    )
    expect(() => ConfusionMatrix.fromJSON(withCounts([[1, 2], [3]]))).toThrow('counts[1] has 1 entries')
    expect(() =>
      ConfusionMatrix.fromJSON(
        withCounts([
          [1, 2],
          [3, -1],
        ]),
      ),
    ).toThrow('counts[1][1] is -1: expected a whole number ≥ 0')
  })
})

const demo = fileURLToPath(new URL('../../../../shared/data/fcn_repo/demo/', import.meta.url))

test.skipIf(!existsSync(demo))("reproduces the confusion of the published FCN-8s's demo image", () => {
  const { decode } = createRequire(new URL('../../datasets/package.json', import.meta.url))('fast-png')
  const label = decode(readFileSync(`${demo}label.png`))
  const output = decode(readFileSync(`${demo}output.png`))
  const colours = new Map([
    [0x000000, 0],
    [0x008000, 2],
    [0xc08080, 15],
  ])
  const predicted = Uint8Array.from({ length: output.width * output.height }, (_, i) => {
    const [r, g, b] = output.data.subarray(i * output.channels)
    return colours.get((r << 16) | (g << 8) | b) ?? 99
  })
  const matrix = new ConfusionMatrix({ classes: 21 }).add(
    { height: label.height, width: label.width, labels: Uint8Array.from(label.data) },
    { height: output.height, width: output.width, labels: predicted },
  )
  const table = [0, 2, 15].map((t) => [0, 2, 15].map((p) => matrix.counts[t * 21 + p]))
  expect(table).toEqual([
    [52692, 1398, 299],
    [4618, 28404, 1161],
    [8782, 7320, 45041],
  ])
  expect(matrix.ignored).toBe(17285)
  const scores = matrix.scores()
  expect(scores.pixelAccuracy).toBeCloseTo(0.8425141, 7)
  expect(scores.meanAccuracy).toBeCloseTo(0.8454628, 7)
  expect(scores.meanIU).toBeCloseTo(0.7196157, 7)
  expect(scores.frequencyWeightedIU).toBeCloseTo(0.727374, 7)
  const iu = matrix.classIU()
  for (const [label, published] of [
    [0, 0.7772943],
    [2, 0.6620824],
    [15, 0.7194703],
  ]) {
    expect(Math.abs(iu[label] - published)).toBeLessThan(1e-7) // some published figures are cut, not rounded
  }
})

describe('large maps of bytes', () => {
  const rng = new Rng('bytes')
  const size = { height: 211, width: 200 }
  // Runs of equal labels as in pictures, then noise; the views begin off a word's boundary, and sizes are no multiple of four.
  const labels = (most: number) => {
    const bytes = new Uint8Array(size.height * size.width + 3).subarray(3)
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = i % 2000 < 1200 && i > 0 && rng.integer(50) > 0 ? bytes[i - 1] : rng.integer(most)
      if (rng.integer(40) === 0) bytes[i] = 255
    }
    return bytes
  }
  const asIntegers = (bytes: Uint8Array) => ({ ...size, labels: Int32Array.from(bytes) })

  test('are counted as the same maps of integers are', () => {
    const [t, p] = [labels(24), labels(24)]
    const options = { classes: 21, outOfRange: 'drop' } as const
    const fast = new ConfusionMatrix(options).add({ ...size, labels: t }, { ...size, labels: p })
    const plain = new ConfusionMatrix(options).add(asIntegers(t), asIntegers(p))
    expect(fast.toJSON()).toEqual(plain.toJSON())
    expect([fast.ignored > 0, fast.dropped > 0]).toEqual([true, true])
    const many = new ConfusionMatrix({ classes: 300 }).add({ ...size, labels: t }, { ...size, labels: p })
    expect(many.ignored).toBe(plain.ignored)
    expect(many.counts[255]).toBe(t.filter((label, i) => label === 0 && p[i] === 255).length)
  })

  test('name the first label that is out of range', () => {
    const [t, p] = [labels(21), labels(21)].map((map) => map.map((label) => (label === 255 ? 0 : label)))
    p[30_001] = 40
    t[30_002] = 99
    const matrix = new ConfusionMatrix({ classes: 21 })
    const message = (add: () => unknown) => {
      try {
        return String(add())
      } catch (error) {
        return String(error)
      }
    }
    const fast = message(() => matrix.add({ ...size, labels: t }, { ...size, labels: p }))
    expect(fast).toBe(message(() => matrix.add(asIntegers(t), asIntegers(p))))
    expect(fast).toContain('40')
    expect(matrix.total).toBe(0)
  })
})
