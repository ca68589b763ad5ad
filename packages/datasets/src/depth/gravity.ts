import { smallestEigenvector, type Vector3 } from './smallest-eigenvector.js'

/** Degrees within which surfaces count as level or upright, and how often the direction is then refined. */
const stages = [
  { degrees: 45, iterations: 5 },
  { degrees: 15, iterations: 5 },
] as const

/**
 * The direction of gravity in the camera's frame (x right, y down, z ahead), a unit vector.
 *
 * Rooms are made of level and upright surfaces. From "straight down", the direction is repeatedly moved to where it is
 * most parallel to the normals of the surfaces that are nearly level and most perpendicular to those that are nearly
 * upright. Normals are x, y, z by pixel; NaN are left out.
 *
 * Source: Gupta, Arbeláez and Malik 2013, §3.1.
 */
export function gravityDirection(normals: Float64Array): Vector3 {
  let down: Vector3 = [0, 1, 0]
  for (const { degrees, iterations } of stages) {
    const angle = (degrees * Math.PI) / 180
    for (let i = 0; i < iterations; i++) down = refine(normals, down, Math.cos(angle), Math.sin(angle))
  }
  return down
}

function refine(normals: Float64Array, [downX, downY, downZ]: Vector3, level: number, upright: number): Vector3 {
  let [xx, xy, xz, yy, yz, zz] = [0, 0, 0, 0, 0, 0]
  for (let i = 0; i < normals.length; i += 3) {
    const x = normals[i]
    const y = normals[i + 1]
    const z = normals[i + 2]
    const along = Math.abs(x * downX + y * downY + z * downZ)
    // At 45° both bounds are equal, and a surface is one or the other.
    const sign = (along < upright ? 1 : 0) - (along > level ? 1 : 0)
    if (sign === 0) continue
    xx += sign * x * x
    xy += sign * x * y
    xz += sign * x * z
    yy += sign * y * y
    yz += sign * y * z
    zz += sign * z * z
  }
  const [x, y, z] = smallestEigenvector([xx, xy, xz, yy, yz, zz])
  const sign = x * downX + y * downY + z * downZ < 0 ? -1 : 1
  return [sign * x, sign * y, sign * z]
}
