import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Raster } from '@pixelwise/masks'
import { describe, expect, test } from 'vitest'
import { readDepth, readImage } from '../node/read-image.js'
import { type Camera, cropCamera, nyudColourCamera, nyudCrop } from './camera.js'
import { gravityDirection } from './gravity.js'
import { encodeHha } from './hha.js'
import { smallestEigenvector } from './smallest-eigenvector.js'
import { surfaceNormals } from './surface-normals.js'

/** Written by oracles/datasets/hha_fixtures.py. */
interface Case {
  readonly name: string
  readonly camera: Camera
  readonly height: number
  readonly width: number
  readonly depth: string
  readonly raw: string
  readonly gravity: readonly number[]
  readonly hha: string
}

const { cases }: { cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/hha-cases.json', import.meta.url), 'utf8'),
)

function depthOf({ height, width }: Case, text: string) {
  return { height, width, channels: 1, data: new Uint16Array(new Uint8Array(Buffer.from(text, 'base64')).buffer) }
}

describe.each(cases)('a room, $name', (room) => {
  const depth = depthOf(room, room.depth)
  const raw = depthOf(room, room.raw)

  test('is encoded as numpy does from the definition', () => {
    const { height, width, channels, data } = encodeHha(depth, { raw, camera: room.camera })
    expect([height, width, channels]).toEqual([room.height, room.width, 3])
    expect(Buffer.from(data).equals(Buffer.from(room.hha, 'base64'))).toBe(true)
  })

  test('has the same gravity', () => {
    const { height, width } = room
    const map = {
      height,
      width,
      depth: Float64Array.from(depth.data, (millimetres) => millimetres / 10),
      measured: Uint8Array.from(raw.data, (millimetres) => (millimetres > 0 ? 1 : 0)),
    }
    const down = gravityDirection(surfaceNormals(map, room.camera, 10))
    for (const [i, component] of down.entries()) expect(component).toBeCloseTo(room.gravity[i], 9)
  })

  test('does not depend on the unit that depth is given in', () => {
    const metres = { ...depth, data: Float32Array.from(depth.data, (millimetres) => millimetres * 2 ** -10) }
    expect(encodeHha(metres, { raw, camera: room.camera, metresPerUnit: 1.024 })).toEqual(
      encodeHha(depth, { raw, camera: room.camera }),
    )
  })
})

test('a wall without any raw depth has no normals and keeps disparity and height', () => {
  const { camera } = cases[0]
  const wall = { height: 4, width: 5, channels: 1, data: new Uint16Array(20).fill(2000) }
  const { data } = encodeHha(wall, { camera, raw: { ...wall, data: new Uint16Array(20) } })
  expect(data.filter((_, i) => i % 3 === 0).every((disparity) => disparity === 155)).toBe(true)
  expect(data.filter((_, i) => i % 3 === 2).every((angle) => angle === 218)).toBe(true)
})

test('measured pixels in one line determine no plane', () => {
  const map = {
    height: 5,
    width: 5,
    depth: new Float64Array(25).fill(100),
    measured: Uint8Array.from({ length: 25 }, (_, i) => (Math.floor(i / 5) === i % 5 ? 1 : 0)),
  }
  expect(surfaceNormals(map, cases[0].camera, 2).every(Number.isNaN)).toBe(true)
})

test('smallestEigenvector solves diagonal and full matrices', () => {
  expect(smallestEigenvector([3, 0, 0, 1, 0, 2])).toEqual([0, 1, 0])
  // Eigenvalues 1, 1 and 4 less 3 on the diagonal: the smallest, −2, belongs to (1, 1, 1).
  const vector = smallestEigenvector([0, -1, -1, 0, -1, 0])
  for (const component of vector) expect(Math.abs(component)).toBeCloseTo(1 / Math.sqrt(3), 14)
})

describe('errors', () => {
  const small = { height: 2, width: 2, channels: 1, data: new Float32Array([1, 2, Number.NaN, 4]) }

  test('asks for the camera of other sizes', () => {
    expect(() => encodeHha(small)).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: depth of 2×2 without a camera: only NYUDv2's 480×640 and 425×560 have a known one; pass camera: { focalX, focalY, centreX, centreY } in pixels]`,
    )
  })

  test('refuses depths that are no lengths, and raw depth of another picture', () => {
    const { camera } = cases[0]
    expect(() => encodeHha(small, { camera })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: depth NaN at (1, 0): depth is [H, W, 1], finite and ≥ 0; fill holes in, and set what is unknown to 0]`,
    )
    const raw = { height: 2, width: 1, channels: 1, data: new Uint16Array(2) }
    expect(() => encodeHha(small, { camera, raw })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: raw depth is 2×1, depth is 2×2: both are of one picture; crop both alike]`,
    )
  })
})

const samples = fileURLToPath(new URL('../../../../../shared/data/nyuv2', import.meta.url))

describe.skipIf(!existsSync(samples))('the genuine pictures', () => {
  test("equal the authors' MATLAB code in all 921,600 values", async () => {
    const expected = await readImage(`${samples}/depth2hha/demo/matlab_hha.png`)
    const depth = await readDepth(`${samples}/depth2hha/demo/0.png`)
    // This depth map counts tenths of millimetres.
    const hha = encodeHha(depth, { metresPerUnit: 1e-4 })
    expect(hha.data.length).toBe(921_600)
    expect([hha.height, hha.width, hha.channels]).toEqual([480, 640, 3])
    expect(Buffer.from(hha.data).equals(Buffer.from(expected.data))).toBe(true)
  })

  test('have the gravity of an independent program, printed to eight digits', async () => {
    const { height, width, data } = await readDepth(`${samples}/depth2hha/demo/0.png`)
    const depth = Float64Array.from(data, (stored) => stored / 100)
    const map = { height, width, depth, measured: new Uint8Array(data.length).fill(1) }
    const down = gravityDirection(surfaceNormals(map, nyudColourCamera, 10))
    expect(down.map((component) => component.toFixed(8))).toEqual(['-0.03880398', '0.99920511', '-0.00913181'])
  })

  test('of 425×560 are taken by the cropped camera unless another is named', async () => {
    const depth = await readDepth(`${samples}/rcnn-depth/demo-data/depth.png`)
    const cropped = encodeHha(depth, { camera: cropCamera(nyudColourCamera, nyudCrop) })
    const equal = (other: Raster<Uint8Array>) => Buffer.from(other.data).equals(Buffer.from(cropped.data))
    expect(equal(encodeHha(depth))).toBe(true)
    expect(equal(encodeHha(depth, { camera: nyudColourCamera }))).toBe(false)
  })
})
