import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { LabelMap } from '@pixelwise/masks'
import { expect, test } from 'vitest'
import { coarsened, upperBound } from './upper-bound.js'

type Counts = Record<string, [number, number, number][]>

const fixture: { drawn: Counts; voc: { files: string[]; meanIU: Record<string, number>; counts: Counts } } = JSON.parse(
  readFileSync(new URL('./fixtures/upper-bounds.json', import.meta.url), 'utf8'),
)

/** Entries of the matrix that are not 0, as the oracle lists them. */
function counted(maps: readonly LabelMap[], factor: number): [number, number, number][] {
  const { counts } = upperBound(maps, { factor, classes: 21 })
  return [...counts.entries()].filter(([, count]) => count > 0).map(([i, count]) => [Math.floor(i / 21), i % 21, count])
}

const drawn: LabelMap = {
  height: 53,
  width: 71,
  labels: Uint8Array.from({ length: 53 * 71 }, (_, i) => {
    const [y, x] = [Math.floor(i / 71), i % 71]
    const label = (Math.floor(x / 6) * 7 + Math.floor(y / 5) * 3 + ((x * y) >> 7)) % 23
    return label === 21 ? 255 : label === 22 ? 0 : label
  }),
}

test.each(Object.entries(fixture.drawn))('coarsening by %s counts what numpy counts', (factor, expected) => {
  expect(counted([drawn], Number(factor))).toEqual(expected)
})

test('a block takes its most frequent label, the lower one at a tie, ignored pixels aside', () => {
  const map = { height: 2, width: 5, labels: Uint8Array.of(3, 255, 7, 5, 255, 255, 255, 5, 7, 255) }
  expect([...coarsened(map, 2).labels]).toEqual([3, 3, 5, 5, 255, 3, 3, 5, 5, 255])
  expect([...coarsened(map, 2, null).labels]).toEqual([255, 255, 5, 5, 255, 255, 255, 5, 5, 255])
})

test('refuses a factor that is no block', () => {
  expect(() => coarsened(drawn, 0.5)).toThrow(
    'downsampling by 0.5: the factor is the side of a block, a whole number of pixels ≥ 1; pass the stride of the output, e.g. 32 for FCN-32s',
  )
})

const voc = fileURLToPath(new URL('../../../../shared/data/voc2007_seg/SegmentationClass/', import.meta.url))

test.skipIf(!existsSync(voc))('upper bounds on labels of VOC 2007 equal numpy, pixel for pixel', () => {
  const { decode } = createRequire(new URL('../../datasets/package.json', import.meta.url))('fast-png')
  const maps = fixture.voc.files.map((file): LabelMap => {
    const { height, width, data } = decode(readFileSync(voc + file))
    return { height, width, labels: Uint8Array.from(data) }
  })
  for (const [factor, expected] of Object.entries(fixture.voc.counts)) {
    expect(counted(maps, Number(factor))).toEqual(expected)
    const { meanIU } = upperBound(maps, { factor: Number(factor), classes: 21 }).scores()
    expect(meanIU).toBeCloseTo(fixture.voc.meanIU[factor], 12)
  }
})
