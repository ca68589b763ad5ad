import type { Camera } from './camera.js'

/** Depths in one unit, row-major, and which of them were measured. */
export interface DepthMap {
  readonly height: number
  readonly width: number
  readonly depth: Float64Array
  /** 1 where a depth counts, else 0; depths that count are > 0. */
  readonly measured: Uint8Array
}

/**
 * Unit normals of the visible surface, pointing away from the camera: x, y, z per pixel, row-major; NaN where the
 * measured pixels around determine no plane.
 *
 * A plane seen by a pinhole camera has an inverse depth that is linear in the picture, so within each square window of
 * `2·radius + 1` pixels 1/Z = α·Δcolumn + β·Δrow + γ is fitted by least squares, without the pixels that were not
 * measured; the normal follows from α, β, γ and the camera. All sums slide along with the window; those of the
 * positions are whole numbers and exact, hence the test for windows without a plane.
 *
 * Source: Gupta, Arbeláez and Malik 2013, §4.1, as in the authors' code.
 */
export function surfaceNormals(map: DepthMap, camera: Camera, radius: number): Float64Array {
  const { height, width } = map
  const normals = new Float64Array(3 * height * width)
  const columns = new ColumnSums(map)
  for (let row = 0; row < Math.min(radius, height); row++) columns.change(row, 1)
  for (let row = 0; row < height; row++) {
    if (row + radius < height) columns.change(row + radius, 1)
    if (row - radius - 1 >= 0) columns.change(row - radius - 1, -1)
    writeRow(normals, map, camera, radius, row, columns)
  }
  return normals
}

/** Per column of the picture, sums over the rows of the current window. */
class ColumnSums {
  readonly count: Float64Array
  readonly row: Float64Array
  readonly rowSquared: Float64Array
  readonly inverse: Float64Array
  readonly inverseTimesRow: Float64Array
  readonly #map: DepthMap

  constructor(map: DepthMap) {
    this.#map = map
    const zeros = () => new Float64Array(map.width)
    this.count = zeros()
    this.row = zeros()
    this.rowSquared = zeros()
    this.inverse = zeros()
    this.inverseTimesRow = zeros()
  }

  /** Adds (sign 1) or takes away (−1) a row. */
  change(row: number, sign: 1 | -1): void {
    const { width, depth, measured } = this.#map
    for (let column = 0, i = row * width; column < width; column++, i++) {
      if (measured[i] === 0) continue
      const inverse = sign / depth[i]
      this.count[column] += sign
      this.row[column] += sign * row
      this.rowSquared[column] += sign * row * row
      this.inverse[column] += inverse
      this.inverseTimesRow[column] += inverse * row
    }
  }
}

/** Slides the window along a row. */
function writeRow(
  normals: Float64Array,
  map: DepthMap,
  camera: Camera,
  radius: number,
  row: number,
  columns: ColumnSums,
): void {
  const { width, depth } = map
  const window = new WindowSums()
  for (let column = 0; column < Math.min(radius, width); column++) window.change(columns, column, 1)
  for (let column = 0; column < width; column++) {
    if (column + radius < width) window.change(columns, column + radius, 1)
    if (column - radius - 1 >= 0) window.change(columns, column - radius - 1, -1)
    const at = row * width + column
    window.fitPlane(row, column)
    writeNormal(normals, 3 * at, window, camera, row, column, depth[at])
  }
}

/** Sums over the current window, and the plane that fits it. */
class WindowSums {
  #count = 0
  #x = 0
  #xx = 0
  #y = 0
  #xy = 0
  #yy = 0
  #q = 0
  #qx = 0
  #qy = 0
  /** 1/Z = α·Δcolumn + β·Δrow + γ, each times the determinant, which is 0 where there is no plane. */
  alpha = 0
  beta = 0
  gamma = 0
  determinant = 0

  /** Adds (sign 1) or takes away (−1) a column. */
  change({ count, row, rowSquared, inverse, inverseTimesRow }: ColumnSums, column: number, sign: 1 | -1): void {
    this.#count += sign * count[column]
    this.#x += sign * count[column] * column
    this.#xx += sign * count[column] * column * column
    this.#y += sign * row[column]
    this.#xy += sign * row[column] * column
    this.#yy += sign * rowSquared[column]
    this.#q += sign * inverse[column]
    this.#qx += sign * inverse[column] * column
    this.#qy += sign * inverseTimesRow[column]
  }

  /** Solves the normal equations with positions relative to the window's centre, by cofactors of [xx xy x; xy yy y; x y n]. */
  fitPlane(row: number, column: number): void {
    const n = this.#count
    const q = this.#q
    const x = this.#x - column * n
    const y = this.#y - row * n
    const xx = this.#xx - 2 * column * this.#x + column * column * n
    const yy = this.#yy - 2 * row * this.#y + row * row * n
    const xy = this.#xy - column * this.#y - row * this.#x + row * column * n
    const qx = this.#qx - column * q
    const qy = this.#qy - row * q
    const c00 = yy * n - y * y
    const c01 = x * y - xy * n
    const c02 = xy * y - x * yy
    const c12 = x * xy - xx * y
    this.alpha = c00 * qx + c01 * qy + c02 * q
    this.beta = c01 * qx + (xx * n - x * x) * qy + c12 * q
    this.gamma = c02 * qx + c12 * qy + (xx * yy - xy * xy) * q
    this.determinant = xx * c00 + xy * c01 + x * c02
  }
}

/** The normal of a fitted plane, of unit length and pointing away from the camera along the ray to the pixel. */
function writeNormal(
  normals: Float64Array,
  at: number,
  { alpha, beta, gamma, determinant }: WindowSums,
  { focalX, focalY, centreX, centreY }: Camera,
  row: number,
  column: number,
  depth: number,
): void {
  // Calibrations count pixels from 1.
  const rayX = column + 1 - centreX
  const rayY = row + 1 - centreY
  const x = alpha * focalX
  const y = beta * focalY
  const z = gamma - alpha * rayX - beta * rayY
  const facing = depth * ((x * rayX) / focalX + (y * rayY) / focalY + z)
  const away = facing === 0 ? z >= 0 : facing > 0
  const scale = determinant === 0 ? Number.NaN : (away ? 1 : -1) / Math.sqrt(x * x + y * y + z * z)
  normals[at] = x * scale
  normals[at + 1] = y * scale
  normals[at + 2] = z * scale
}
