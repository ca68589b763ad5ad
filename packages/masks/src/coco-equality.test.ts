import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  boxMask,
  compressCounts,
  decodeMask,
  encodeMask,
  type Mask,
  maskArea,
  maskBox,
  maskFromJSON,
  maskIoU,
  maskToJSON,
  mergeMasks,
  polygonMask,
} from './index.js'

interface Fixture {
  readonly groups: readonly (readonly string[])[]
  readonly first: readonly FirstCase[]
  readonly large: {
    readonly outlines: number[][]
    readonly areas: number[]
    readonly boxes: number[][]
    readonly counts: string[]
    readonly iou: number
    readonly crowdIou: number
    readonly union: string
    readonly intersection: string
    readonly parts: string
    readonly partsArea: number
  }
  readonly rectangles: readonly { box: [number, number, number, number]; counts: string }[]
  readonly noise: readonly { size: [number, number]; density: number; counts: string }[]
}

interface FirstCase extends Record<'a' | 'b' | 'union' | 'intersection', string> {
  readonly size: [number, number]
  readonly outline: number[]
  readonly other: number[]
  readonly crowd: boolean
  readonly iou: number
  readonly box: number[]
}

const fixture: Fixture = JSON.parse(readFileSync(new URL('./fixtures/random-masks.json', import.meta.url), 'utf8'))

const text = ({ counts }: Mask) => compressCounts(counts)
const digest = (lines: string[]) => createHash('sha1').update(lines.join('\n')).digest('hex').slice(0, 12)
const boxOf = (mask: Mask) => {
  const { x, y, width, height } = maskBox(mask)
  return [x, y, width, height]
}

/** xorshift32 and the cases drawn from it, as in oracles/masks/random-masks.py. */
class Draw {
  #state = 20140501
  below(count: number): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x >>> 0
    return this.#state % count
  }

  polygon(): { size: [number, number]; outline: number[] } {
    const size: [number, number] = [1 + this.below(80), 1 + this.below(80)]
    const unit = [1, 5, 10, 4, 1024][this.below(5)]
    const margin = [0, 20][this.below(2)]
    const corners: number[][] = []
    for (let left = 3 + this.below(10); left > 0; left--) {
      if (corners.length > 0 && this.below(8) === 0) corners.push(corners[this.below(corners.length)])
      else
        corners.push([size[1], size[0]].map((extent) => this.below((extent + 2 * margin) * unit + 1) / unit - margin))
    }
    return { size, outline: corners.flat() }
  }
}

describe('equal to the COCO API', () => {
  test('on the first random cases in full', () => {
    for (const { size, outline, other, crowd, ...expected } of fixture.first) {
      const [a, b] = [polygonMask([outline], ...size), polygonMask([other], ...size)]
      expect({
        a: text(a),
        b: text(b),
        iou: maskIoU(a, b, crowd),
        union: text(mergeMasks([a, b])),
        intersection: text(mergeMasks([a, b], 'intersection')),
        box: [...boxOf(a), maskArea(a)],
      }).toEqual(expected)
    }
  })

  test('on 11,000 random polygon pairs: pixels, IoU to the last bit, merges, boxes and areas', () => {
    const draw = new Draw()
    const bits = new DataView(new ArrayBuffer(8))
    const groups = fixture.groups.map(() => {
      const [masks, ious, merged, boxes]: string[][] = [[], [], [], []]
      for (let i = 0; i < 100; i++) {
        const { size, outline } = draw.polygon()
        const other = Array.from({ length: 8 }, (_, k) => (draw.below(1024) / 1024) * size[1 - (k % 2)])
        const crowd = draw.below(2) === 1
        const [a, b] = [polygonMask([outline], ...size), polygonMask([other], ...size)]
        bits.setFloat64(0, maskIoU(a, b, crowd), true)
        masks.push(`${text(a)}|${text(b)}`)
        ious.push(bits.getBigUint64(0).toString(16).padStart(16, '0'))
        merged.push(`${text(mergeMasks([a, b]))}|${text(mergeMasks([a, b], 'intersection'))}`)
        boxes.push([...boxOf(a), maskArea(a)].join())
      }
      return [masks, ious, merged, boxes].map(digest)
    })
    expect(groups).toHaveLength(110)
    expect(groups).toEqual(fixture.groups)
  })

  test('on masks of 10,000 × 10,000, without their bitmaps', () => {
    const { outlines, areas, boxes, counts, ...expected } = fixture.large
    const [a, b] = outlines.map((outline) => polygonMask([outline], 10_000, 10_000))
    expect([a, b].map(maskArea)).toEqual(areas)
    expect([a, b].map(boxOf)).toEqual(boxes)
    expect([a, b].map((mask) => digest([text(mask)]))).toEqual(counts)
    const parts = [
      [10.5, 20, 3000, 40, 200, 9000.25],
      [5000, 5000, 9999, 5100, 7000, 12000],
    ]
    const united = polygonMask(parts, 10_000, 10_000)
    expect({
      iou: maskIoU(a, b),
      crowdIou: maskIoU(a, b, true),
      union: digest([text(mergeMasks([a, b]))]),
      intersection: digest([text(mergeMasks([a, b], 'intersection'))]),
      parts: digest([text(united)]),
      partsArea: maskArea(united),
    }).toEqual(expected)
    const runs = [a, b, united].map((mask) => mask.counts.length)
    expect(Math.max(...runs)).toBeLessThan(70_000) // a few runs per column
  })

  test('on boxes', () => {
    for (const { box, counts } of fixture.rectangles) {
      const [x, y, width, height] = box
      expect(text(boxMask({ x, y, width, height }, 60, 70))).toBe(counts)
    }
  })

  test('on encoding noise', () => {
    const draw = new Draw()
    for (let i = 0; i < 100 * fixture.groups.length; i++) {
      draw.polygon()
      for (let k = 0; k < 9; k++) draw.below(1)
    }
    for (const { size, density, counts } of fixture.noise) {
      expect([1 + draw.below(40), 1 + draw.below(40)]).toEqual(size)
      expect(draw.below(256)).toBe(density)
      const labels = Uint8Array.from({ length: size[0] * size[1] }, () => (draw.below(256) < density ? 1 : 0))
      const map = { height: size[0], width: size[1], labels }
      expect(text(encodeMask(map))).toBe(counts)
      expect(decodeMask(encodeMask(map))).toEqual(map)
    }
  })

  test('on vectors from its compiled C code', () => {
    const few = encodeMask({ height: 3, width: 4, labels: Uint8Array.of(0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0) })
    expect([[...few.counts], text(few), maskArea(few), boxOf(few)]).toEqual([[3, 2, 2, 2, 3], '32201', 4, [1, 0, 2, 3]])
    const zeros = { height: 3, width: 4, labels: new Uint8Array(12) }
    expect(text(encodeMask(zeros))).toBe('<')
    expect(text(encodeMask(zeros, 0))).toBe('0<')
    expect(boxOf(encodeMask(zeros))).toEqual([0, 0, 0, 0])
    const square = polygonMask([[1, 1, 1, 3, 4, 3, 4, 1]], 5, 6)
    expect([[...square.counts], text(square)]).toEqual([[6, 2, 3, 2, 3, 2, 12], '6230009'])
    const triangle = polygonMask([[0, 0, 10, 0, 0, 10]], 12, 12)
    expect([maskArea(triangle), text(triangle)]).toEqual([45, '093O1O1O1O1O1O1O1OU1'])
    const sloped = polygonMask([[1.5, 1.25, 8.75, 2.5, 4.25, 9.5]], 12, 12)
    expect([maskArea(sloped), text(sloped), boxOf(sloped)]).toEqual([27, 'i03:2M2NO1N2N`1', [2, 1, 6, 8]])
    expect(maskIoU(triangle, sloped)).toBe(0.22033898305084745)
    expect(compressCounts(Uint32Array.of(100, 50, 3, 1000, 2, 1000000))).toBe('T3b13fm0Ohb_n0')
    const box = boxMask({ x: 1, y: 2, width: 3, height: 4 }, 10, 10)
    expect([maskArea(box), text(box)]).toEqual([12, '<46000j1'])
  })
})

const results = fileURLToPath(
  new URL(
    '../../../../shared/data/cocoapi_results/results/instances_val2014_fakesegm100_results.json',
    import.meta.url,
  ),
)

describe.skipIf(!existsSync(results))("the COCO API's 734 example masks", () => {
  const read = (): { segmentation: { size: [number, number]; counts: string } }[] =>
    JSON.parse(readFileSync(results, 'utf8'))

  test('survive every round trip and have the published areas', () => {
    const masks = read().map(({ segmentation }) => {
      const mask = maskFromJSON(segmentation)
      expect(maskToJSON(mask)).toEqual(segmentation)
      expect(encodeMask(decodeMask(mask))).toEqual(mask)
      return mask
    })
    expect(masks).toHaveLength(734)
    expect(masks.slice(0, 3).map(maskArea)).toEqual([53487, 167619, 52665])
    expect(masks.slice(0, 3).map(({ counts }) => counts.length)).toEqual([721, 1189, 661])
    expect(boxOf(masks[0])).toEqual([259, 41, 347, 244])
    expect(masks.reduce((sum, mask) => sum + maskArea(mask), 0)).toBe(7_766_804)
  })
})
