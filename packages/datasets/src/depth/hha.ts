import type { Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { type Camera, cropCamera, nyudColourCamera, nyudCrop } from './camera.js'
import { gravityDirection } from './gravity.js'
import type { Vector3 } from './smallest-eigenvector.js'
import { type DepthMap, surfaceNormals } from './surface-normals.js'

/** How depth is encoded. */
export interface HhaOptions {
  /** What a depth of 1 means, in metres; default 0.001: depth is in millimetres. */
  readonly metresPerUnit?: number
  /** Default: NYUDv2's colour camera for 480×640, the same cropped for 425×560; other sizes must name theirs. */
  readonly camera?: Camera
  /** Depth before holes were filled, of the same size: pixels that are 0 in it take no part in the normals. */
  readonly raw?: Raster<Uint16Array | Float32Array>
}

/**
 * Depth as three channels that a colour net can use: horizontal disparity, height above ground, angle with gravity;
 * `[H, W, 1]` → `[H, W, 3]`, 0..255.
 *
 * 1. disparity: 31,000 / depth in cm, depths below 1 m counting as 1 m; 255 up to 1.216 m;
 * 2. height in cm above the lowest point, which is taken to lie 1.3 m below a camera that sees nothing 90 cm below itself;
 * 3. angle between surface normal and gravity in degrees + 38: floors 38, walls 128, ceilings and unknown 218.
 *
 * Values are rounded, halves up, and limited to 0..255. Depth should be filled in: a pixel of depth 0 is encoded as
 * lying at the camera. On the depth and with the camera of the authors' example the result equals that of their MATLAB
 * code. Throws `hha/no-camera`, `hha/bad-depth`, `dataset/size-mismatch`.
 *
 * Source: Gupta, Girshick, Arbeláez and Malik 2014, §3.
 *
 * @example
 * const hha = encodeHha(await readDepth('depth.png'), { raw: await readDepth('raw.png') })
 */
export function encodeHha(depth: Raster<Uint16Array | Float32Array>, options: HhaOptions = {}): Raster<Uint8Array> {
  const { height, width } = depth
  const camera = options.camera ?? defaultCamera(height, width)
  const map = depthMap(depth, options)
  const down = gravityDirection(surfaceNormals(map, camera, gravityRadius))
  const data = new Uint8Array(3 * height * width)
  writeDisparity(data, map)
  writeHeight(data, map, camera, down)
  writeAngle(data, surfaceNormals(map, camera, angleRadius), down)
  return { height, width, channels: 3, data }
}

/** Half the windows' sides in which planes are fitted, less the middle pixel: wide for gravity, narrow for the angle. */
const gravityRadius = 10
const angleRadius = 3

function writeDisparity(data: Uint8Array, { depth }: DepthMap): void {
  for (let i = 0; i < depth.length; i++) data[3 * i] = rounded(31_000 / Math.max(depth[i], 100))
}

function writeHeight(data: Uint8Array, { width, depth }: DepthMap, camera: Camera, down: Vector3): void {
  const [x, y, z] = isStraightDown(down) ? [0, 1, 0] : down
  const heights = new Float64Array(depth.length)
  let lowest = Number.POSITIVE_INFINITY
  for (let i = 0; i < depth.length; i++) {
    const column = i % width
    const row = (i - column) / width
    const pointX = ((column + 1 - camera.centreX) * depth[i]) / camera.focalX
    const pointY = ((row + 1 - camera.centreY) * depth[i]) / camera.focalY
    heights[i] = -(x * pointX + y * pointY + z * depth[i])
    if (heights[i] < lowest) lowest = heights[i]
  }
  const ground = lowest > -90 ? -130 : lowest
  for (let i = 0; i < depth.length; i++) data[3 * i + 1] = rounded(heights[i] - ground)
}

/** Within 0.1° the authors' code does not turn the point cloud. */
function isStraightDown([, y]: Vector3): boolean {
  return degrees(y) <= 0.1
}

function writeAngle(data: Uint8Array, normals: Float64Array, [x, y, z]: Vector3): void {
  for (let i = 0; i < normals.length; i += 3) {
    const angle = degrees(normals[i] * x + normals[i + 1] * y + normals[i + 2] * z)
    data[i + 2] = rounded((Number.isNaN(angle) ? 180 : angle) + 38)
  }
}

function degrees(cosine: number): number {
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI
}

function rounded(value: number): number {
  return Math.min(255, Math.max(0, Math.floor(value + 0.5)))
}

/** Depth in centimetres. */
function depthMap(
  { height, width, channels, data }: Raster<Uint16Array | Float32Array>,
  { raw, metresPerUnit = 0.001 }: HhaOptions,
): DepthMap {
  if (channels !== 1 || data.length !== height * width) {
    throw badDepth(`a raster of ${height}×${width}×${channels} with ${data.length} values`)
  }
  if (raw !== undefined && (raw.height !== height || raw.width !== width || raw.data.length !== data.length)) {
    throw new PixelwiseError('dataset/size-mismatch', {
      what: `raw depth is ${raw.height}×${raw.width}, depth is ${height}×${width}`,
      rule: 'both are of one picture',
      next: 'crop both alike',
    })
  }
  const depth = new Float64Array(data.length)
  const measured = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i++) {
    if (!(data[i] >= 0 && data[i] < Number.POSITIVE_INFINITY)) {
      throw badDepth(`depth ${data[i]} at (${Math.floor(i / width)}, ${i % width})`)
    }
    depth[i] = data[i] * metresPerUnit * 100
    measured[i] = data[i] === 0 || raw?.data[i] === 0 ? 0 : 1
  }
  return { height, width, depth, measured }
}

function defaultCamera(height: number, width: number): Camera {
  if (height === 480 && width === 640) return nyudColourCamera
  if (height === nyudCrop.height && width === nyudCrop.width) return cropCamera(nyudColourCamera, nyudCrop)
  throw new PixelwiseError('hha/no-camera', {
    what: `depth of ${height}×${width} without a camera`,
    rule: "only NYUDv2's 480×640 and 425×560 have a known one",
    next: 'pass camera: { focalX, focalY, centreX, centreY } in pixels',
  })
}

function badDepth(what: string): PixelwiseError {
  return new PixelwiseError('hha/bad-depth', {
    what,
    rule: 'depth is [H, W, 1], finite and ≥ 0',
    next: 'fill holes in, and set what is unknown to 0',
  })
}
