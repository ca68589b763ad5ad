import { describe, expect, test } from 'vitest'
import {
  boxIoU,
  compressCounts,
  decodeMask,
  decompressCounts,
  encodeMask,
  maskArea,
  maskBox,
  maskFromCounts,
  maskFromJSON,
  maskFromSegmentation,
  maskIoU,
  maskIoUs,
  maskToJSON,
  mergeMasks,
  polygonMask,
} from './index.js'

describe('crowds', () => {
  test('a detection is measured by its own area', () => {
    const all = encodeMask({ height: 3, width: 4, labels: new Uint8Array(12) }, 0)
    const few = maskFromCounts(3, 4, [3, 2, 2, 2, 3])
    expect([maskIoU(few, all, true), maskIoU(all, few, true), maskIoU(all, few)]).toEqual([1, 1 / 3, 1 / 3])
    expect([...maskIoUs([few, all], [all, few], [true, false])]).toEqual([1, 1, 1, 1 / 3])
    const [small, large] = [
      { x: 0, y: 0, width: 2, height: 2 },
      { x: 1, y: 0, width: 4, height: 4 },
    ]
    expect([boxIoU(small, large), boxIoU(small, large, true)]).toEqual([2 / 18, 2 / 4])
    expect(boxIoU(small, { x: 2, y: 0, width: 1, height: 1 })).toBe(0)
  })
})

describe('forms', () => {
  test('runs of length zero, which other writers leave behind, change no result', () => {
    const plain = maskFromCounts(4, 5, [3, 5, 4, 6, 2])
    const other = maskFromCounts(4, 5, [6, 9, 5])
    const padded = maskFromCounts(4, 5, [3, 2, 0, 3, 1, 0, 3, 6, 2, 0])
    expect(maskArea(padded)).toBe(maskArea(plain))
    expect(maskBox(padded)).toEqual(maskBox(plain))
    expect(maskIoU(padded, other)).toBe(maskIoU(plain, other))
    expect(maskIoU(other, padded)).toBe(maskIoU(other, plain))
    expect(decodeMask(padded)).toEqual(decodeMask(plain))
    for (const how of ['union', 'intersection'] as const) {
      const merged = decodeMask(mergeMasks([plain, other], how))
      expect(decodeMask(mergeMasks([padded, other], how))).toEqual(merged)
      expect(decodeMask(mergeMasks([other, padded], how))).toEqual(merged)
    }
  })

  test('compressed text holds every 32-bit count', () => {
    const counts = Uint32Array.of(0, 2 ** 32 - 1, 0, 0, 2 ** 32 - 1, 2 ** 31, 1, 15, 16, 17)
    expect(decompressCounts(compressCounts(counts))).toEqual(counts)
  })

  test('JSON, compressed and not', () => {
    const mask = maskFromCounts(3, 4, [3, 2, 2, 2, 3])
    expect(maskToJSON(mask)).toEqual({ size: [3, 4], counts: '32201' })
    expect(maskToJSON(mask, { compressed: false })).toEqual({ size: [3, 4], counts: [3, 2, 2, 2, 3] })
    for (const compressed of [true, false]) expect(maskFromJSON(maskToJSON(mask, { compressed }))).toEqual(mask)
  })

  test('annotations of every form', () => {
    const outline = [1, 1, 1, 3, 4, 3, 4, 1]
    const mask = polygonMask([outline], 5, 6)
    expect(maskFromSegmentation([outline], 5, 6)).toEqual(mask)
    expect(maskFromSegmentation(maskToJSON(mask), 5, 6)).toEqual(mask)
    expect(maskFromSegmentation(maskToJSON(mask, { compressed: false }), 5, 6)).toEqual(mask)
  })

  test('one label of a label map', () => {
    const map = { height: 2, width: 2, labels: Int32Array.of(7, 300, 300, 0) }
    expect([encodeMask(map, 300), encodeMask(map, 7), encodeMask(map)].map(({ counts }) => [...counts])).toEqual([
      [1, 2, 1],
      [0, 1, 3],
      [0, 3, 1],
    ])
  })

  test('label maps of every label type, width and alignment encode to what they decode from', () => {
    for (const Labels of [Uint8Array, Uint16Array, Int32Array]) {
      for (const width of [1, 3, 4, 7, 8, 10]) {
        const buffer = new Labels(6 * width + 3).fill(5).map((_, i) => ((i * i) % 7 < 3 ? 0 : 5))
        for (const offset of [0, 1, 2, 3]) {
          const labels = buffer.subarray(offset, offset + 6 * width)
          const expected = Uint8Array.from(labels, (label) => (label === 5 ? 1 : 0))
          const mask = encodeMask({ height: 6, width, labels }, 5)
          expect(decodeMask(mask)).toEqual({ height: 6, width, labels: expected })
          expect(encodeMask({ height: 6, width, labels })).toEqual(mask)
        }
      }
    }
  })

  test('masks without pixels', () => {
    const empty = encodeMask({ height: 0, width: 5, labels: new Uint8Array(0) })
    expect([[...empty.counts], maskArea(empty), decodeMask(empty).labels.length]).toEqual([[0], 0, 0])
    expect([...mergeMasks([empty, empty]).counts]).toEqual([0])
    expect(maskIoU(empty, empty)).toBe(0)
  })
})

describe('wrong use', () => {
  test('counts that do not fit', () => {
    expect(() => maskFromCounts(3, 4, [3, 2])).toThrow(
      'run lengths of a mask: counts sum to 5: a 3×4 mask has 12 pixels; check the file and that size is [height, width]',
    )
    expect(() => maskFromCounts(3, 4, [3, -1])).toThrow(
      'run lengths of a mask: count 1 is -1: run lengths are whole numbers ≥ 0; ',
    )
    expect(() => maskFromJSON(JSON.parse('{"size":[3],"counts":"0"}'))).toThrow(
      'run lengths of a mask: size is [3]: size is [height, width]; ',
    )
    expect(() => maskFromJSON(JSON.parse('{"size":[3,4],"counts":null}'))).toThrow(
      'run lengths of a mask: counts are null: counts are a compressed string or a list of numbers; ',
    )
    expect(() => maskFromJSON({ size: [1e6, 1e6], counts: [1] })).toThrow(
      'a mask of 1000000×1000000: height and width are whole numbers with fewer than 2^32 pixels, the limit of the COCO format; pass the size of the image, height first',
    )
    expect(() => encodeMask({ height: 2, width: 2, labels: new Uint8Array(3) })).toThrow(
      'a label map of 2×2 with 3 labels: it must have 4; check height and width, or cut the array to size',
    )
  })

  test('text that is no compressed mask', () => {
    expect(() => decompressCounts('3 2')).toThrow(
      'run lengths of a mask: character " " at 1: compressed counts use the characters 0…o; check the file and that size is [height, width]',
    )
    expect(() => decompressCounts('3b')).toThrow(
      'run lengths of a mask: the text ends within a number: the last character of a number is one of 0…O; ',
    )
    expect(() => decompressCounts('oooooooooo')).toThrow(
      'run lengths of a mask: the number before character 9 is too long: ',
    )
    expect(() => decompressCounts('O')).toThrow('run lengths of a mask: count 0 is -1: counts are 0..2^32−1; ')
  })

  test('masks of different images', () => {
    const [a, b] = [maskFromCounts(2, 3, [6]), maskFromCounts(3, 2, [6])]
    const message =
      'masks of 2×3 and 3×2: masks are compared and merged on one image; make both at the size of the image'
    expect(() => maskIoU(a, b)).toThrow(message)
    expect(() => maskIoUs([a], [b])).toThrow(message)
    expect(() => mergeMasks([a, b])).toThrow(message)
    expect(() => mergeMasks([])).toThrow(
      'a merge of no masks: the size of the result comes from the masks; pass at least one mask',
    )
    expect(() => maskFromSegmentation(maskToJSON(a), 3, 2)).toThrow(
      'a mask of 2×3 on an image of 3×2: an annotation covers its image; check that size is [height, width] and belongs to this image',
    )
  })

  test('outlines that are none', () => {
    expect(() => polygonMask([], 5, 5)).toThrow(
      'polygon: an object without outlines: there must be at least one; check the annotation; a segmentation is a list of outlines or a mask with size and counts',
    )
    expect(() => polygonMask([[1, 2, 3]], 5, 5)).toThrow(
      'polygon: outline 0 has 3 numbers: an outline is a list x, y, x, y, … of at least one corner; ',
    )
    expect(() => polygonMask([[1, 2, 3, Number.NaN]], 5, 5)).toThrow(
      'polygon: outline 0 has y NaN at corner 1: coordinates are numbers within ±400000000; ',
    )
  })

  test('coordinates far outside cost nothing', () => {
    const far = 399_999_999
    expect(maskArea(polygonMask([[-far, -far, far, -far, far, far, -far, far]], 30, 40))).toBe(1200)
  })
})
