import { describe, expect, test } from 'vitest'
import { composeCoordinates, invertCoordinates, legacyCropOffset, toCoordinateMap } from './coordinate-map.js'
import { compose, identityMap, type SpatialMap, translation, transposedWindowMap, windowMap } from './spatial-map.js'

const chain = (...maps: SpatialMap[]) => maps.reduce((inner, outer) => compose(outer, inner), identityMap)

describe('composition', () => {
  test('two 3×3 convolutions see 5×5, and stride multiplies what comes after it', () => {
    const convolution = windowMap({ kernel: 3, pad: 1 })
    expect(chain(convolution, convolution).rows).toEqual({ kernel: 5, stride: 1, offset: 0 })
    expect(chain(windowMap({ kernel: 2, stride: 2 }), convolution).rows).toEqual({ kernel: 6, stride: 2, offset: 0.5 })
  })

  test('dilation widens the window', () => {
    expect(windowMap({ kernel: 3, dilation: 4, pad: 4 }).rows).toEqual({ kernel: 9, stride: 1, offset: 0 })
  })

  test('is associative, and the identity changes nothing', () => {
    const [a, b, c] = [
      windowMap({ kernel: 7, stride: 3, pad: 2 }),
      transposedWindowMap({ kernel: 6, stride: 3 }),
      translation([4, 1]),
    ]
    expect(compose(compose(c, b), a)).toEqual(compose(c, compose(b, a)))
    expect(compose(identityMap, a)).toEqual(a)
    expect(compose(a, identityMap)).toEqual(a)
  })

  test('rows and columns are independent', () => {
    const map = windowMap({ kernel: [3, 5], stride: [1, 2], pad: [1, 0] })
    expect(map).toEqual({ rows: { kernel: 3, stride: 1, offset: 0 }, columns: { kernel: 5, stride: 2, offset: 2 } })
  })
})

// By enumeration: input i contributes to output j of a transposed convolution when 0 ≤ j + pad − stride·i < kernel.
test.each([
  { kernel: 4, stride: 2, pad: 0 },
  { kernel: 64, stride: 32, pad: 16 },
  { kernel: 63, stride: 32, pad: 0 },
  { kernel: 5, stride: 3, pad: 1 },
])(
  'an upsampling of kernel $kernel, stride $stride, pad $pad reaches exactly its extent',
  ({ kernel, stride, pad }) => {
    const { rows } = transposedWindowMap({ kernel, stride, pad })
    let furthest = 0
    for (let j = 0; j < 4 * stride; j++) {
      const centre = rows.offset + rows.stride * j
      for (let i = -5; i < 10; i++) {
        const tap = j + pad - stride * i
        if (tap >= 0 && tap < kernel) furthest = Math.max(furthest, Math.abs(i - centre))
      }
    }
    expect(furthest).toBeCloseTo((rows.kernel - 1) / 2, 9)
  },
)

describe("Caffe's coordinate maps", () => {
  const pool = toCoordinateMap(windowMap({ kernel: 2, stride: 2 }).rows)
  const upsampling = (factor: number) =>
    toCoordinateMap(transposedWindowMap({ kernel: 2 * factor, stride: factor }).rows)

  test('are those of the Caffe source: scale 1/s and shift (p − (K − 1)/2)/s; s and (K − 1)/2 − p upwards', () => {
    expect(toCoordinateMap(windowMap({ kernel: 3, stride: 2, pad: 4 }).rows)).toEqual({ scale: 1 / 2, shift: 1.5 })
    const up = toCoordinateMap(transposedWindowMap({ kernel: 4, stride: 2, pad: 1 }).rows)
    expect(up.scale).toBeCloseTo(2, 12)
    expect(up.shift).toBeCloseTo(0.5, 12)
  })

  test('composed with their inverse they change nothing', () => {
    const map = composeCoordinates(upsampling(8), composeCoordinates(pool, pool))
    const back = composeCoordinates(invertCoordinates(map), map)
    expect(back.scale).toBeCloseTo(1, 12)
    expect(back.shift).toBeCloseTo(0, 12)
  })

  test('give the offsets of legacy crops: 19 for FCN-32s', () => {
    const convolution = windowMap({ kernel: 3, pad: 1 })
    const pooling = windowMap({ kernel: 2, stride: 2 })
    const stage = (depth: number) => [...Array(depth).fill(convolution), pooling]
    const trunk = [
      windowMap({ kernel: 3, pad: 100 }),
      convolution,
      pooling,
      ...stage(2),
      ...stage(3),
      ...stage(3),
      ...stage(3),
    ]
    const scores = chain(...trunk, windowMap({ kernel: 7 }), transposedWindowMap({ kernel: 64, stride: 32 }))
    expect(legacyCropOffset(toCoordinateMap(scores.rows), toCoordinateMap(identityMap.rows))).toBe(19)
  })

  test('say so when there is no offset', () => {
    expect(() => legacyCropOffset(upsampling(2), toCoordinateMap(identityMap.rows))).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: cell 0 of the reference lies at 1.5 of the cropped map, scale 2: a crop without an offset needs maps of one scale, and a whole offset of zero or more; check stride and pad of the layers between the two, or give the crop layer its offset]`,
    )
  })
})
