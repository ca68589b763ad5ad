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

/** Slides the window along a row; positions are taken relative to the window's centre before the plane is solved. */
function writeRow(
  normals: Float64Array,
  { width, depth }: DepthMap,
  camera: Camera,
  radius: number,
  row: number,
  { count, row: rows, rowSquared, inverse, inverseTimesRow }: ColumnSums,
): void {
  let n = 0
  let sumX = 0
  let sumXX = 0
  let sumY = 0
  let sumXY = 0
  let sumYY = 0
  let sumQ = 0
  let sumQX = 0
  let sumQY = 0
  const change = (x: number, sign: number) => {
    n += sign * count[x]
    sumX += sign * count[x] * x
    sumXX += sign * count[x] * x * x
    sumY += sign * rows[x]
    sumXY += sign * rows[x] * x
    sumYY += sign * rowSquared[x]
    sumQ += sign * inverse[x]
    sumQX += sign * inverse[x] * x
    sumQY += sign * inverseTimesRow[x]
  }
  for (let x = 0; x < Math.min(radius, width); x++) change(x, 1)
  for (let column = 0; column < width; column++) {
    if (column + radius < width) change(column + radius, 1)
    if (column - radius - 1 >= 0) change(column - radius - 1, -1)
    const x = sumX - column * n
    const y = sumY - row * n
    const xx = sumXX - 2 * column * sumX + column * column * n
    const yy = sumYY - 2 * row * sumY + row * row * n
    const xy = sumXY - column * sumY - row * sumX + row * column * n
    const qx = sumQX - column * sumQ
    const qy = sumQY - row * sumQ
    // α, β, γ times the determinant, by cofactors of [xx xy x; xy yy y; x y n].
    const c00 = yy * n - y * y
    const c01 = x * y - xy * n
    const c02 = xy * y - x * yy
    const determinant = xx * c00 + xy * c01 + x * c02
    const alpha = c00 * qx + c01 * qy + c02 * sumQ
    const c12 = x * xy - xx * y
    const beta = c01 * qx + (xx * n - x * x) * qy + c12 * sumQ
    const gamma = c02 * qx + c12 * qy + (xx * yy - xy * xy) * sumQ

    // A pixel's own coordinates are column + 1 and row + 1.
    const rayX = column + 1 - camera.centreX
    const rayY = row + 1 - camera.centreY
    const normalX = alpha * camera.focalX
    const normalY = beta * camera.focalY
    const normalZ = gamma - alpha * rayX - beta * rayY
    const facing =
      depth[row * width + column] * ((normalX * rayX) / camera.focalX + (normalY * rayY) / camera.focalY + normalZ)
    const away = facing === 0 ? normalZ >= 0 : facing > 0
    const length = Math.sqrt(normalX * normalX + normalY * normalY + normalZ * normalZ)
    const scale = determinant === 0 ? Number.NaN : (away ? 1 : -1) / length
    const at = 3 * (row * width + column)
    normals[at] = normalX * scale
    normals[at + 1] = normalY * scale
    normals[at + 2] = normalZ * scale
  }
}
