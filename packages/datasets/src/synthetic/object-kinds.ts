import type { Rng } from '@pixelwise/masks/shared'
import { type Colour, inkFor, lit, mix } from './colour.js'
import { fractalNoise } from './noise.js'
import { box, disc, type Outline, ring, star } from './shapes.js'

/** One drawn object, in its own frame: the outline and the surface, coordinates in units of its radius. */
export interface ObjectDrawing {
  readonly outline: Outline
  /** Radius relative to the other classes', so that all classes cover about the same area. */
  readonly relativeSize: number
  /** The colour at a point of the surface; (lightX, lightY) points to the light, in the object's frame. */
  paint(x: number, y: number, lightX: number, lightY: number): Colour
}

/** Draws one object of a class: shape and texture tell the class, the colours given do not. */
export type ObjectKind = (paint: Colour, rng: Rng) => ObjectDrawing

/**
 * The object classes of the synthetic scenes, by name.
 *
 * Each class has its own outline and its own texture; all draw their colours from one range, so that no pixel's colour
 * gives its class away.
 */
export const objectKinds: Readonly<Record<string, ObjectKind>> = {
  /** A shaded sphere with a highlight. */
  ball: (paint) => ({
    outline: disc,
    relativeSize: 0.82,
    paint: (x, y, lightX, lightY) => {
      const height = Math.sqrt(Math.max(0, 1 - x * x - y * y))
      const facing = Math.max(0, 0.62 * (x * lightX + y * lightY) + 0.78 * height)
      return mix(lit(paint, 0.3 + 0.85 * facing), [1, 1, 1], 0.75 * facing ** 18)
    },
  }),
  /** A box of planks: even stripes along one side. */
  crate: (paint, rng) => {
    const ink = inkFor(paint, 0.22, rng)
    const stripes = rng.uniform(2.2, 3)
    const phase = rng.uniform()
    const grain = fractalNoise(rng, 2)
    return {
      outline: box(rng.uniform(0.65, 1)),
      relativeSize: 1.08,
      paint: (x, y) => {
        const wave = Math.abs(((y * stripes + phase + 100) % 1) - 0.5) * 4 - 1
        return lit(mix(paint, ink, ramp(wave, 0.5)), 0.85 + 0.3 * grain(x * 3, y * 14))
      },
    }
  },
  /** A triangle of cloth with dots. */
  kite: (paint, rng) => {
    const ink = inkFor(paint, 0.25, rng)
    const spacing = rng.uniform(0.34, 0.42)
    const shiftX = rng.uniform()
    const shiftY = rng.uniform()
    return {
      outline: star(3, 0.5),
      relativeSize: 1.3,
      paint: (x, y, lightX, lightY) => {
        const row = y / spacing + shiftY
        const column = x / spacing + shiftX + 0.5 * (Math.floor(row) & 1)
        const distance = Math.hypot(column - Math.floor(column) - 0.5, row - Math.floor(row) - 0.5)
        return lit(mix(paint, ink, ramp(0.3 - distance, 0.16)), 1 + 0.14 * (x * lightX + y * lightY))
      },
    }
  },
  /** A rounded ring with ribs across it. */
  ring: (paint, rng) => {
    const hole = rng.uniform(0.42, 0.52)
    const ribs = 9 + rng.integer(5)
    const ink = inkFor(paint, 0.18, rng)
    return {
      outline: ring(hole),
      relativeSize: 0.98,
      paint: (x, y, lightX, lightY) => {
        const radius = Math.hypot(x, y)
        const across = (2 * radius - 1 - hole) / (1 - hole)
        const tilt = radius > 0 ? (across * (x * lightX + y * lightY)) / radius : 0
        const facing = Math.max(0, 0.6 * tilt + 0.8 * Math.sqrt(Math.max(0, 1 - across * across)))
        const rib = ramp(Math.cos(Math.atan2(y, x) * ribs) - 0.35, 0.6)
        return lit(mix(paint, ink, 0.8 * rib), 0.35 + 0.8 * facing)
      },
    }
  },
  /** A star with a checkered face. */
  star: (paint, rng) => {
    const ink = inkFor(paint, 0.25, rng)
    const spacing = rng.uniform(0.2, 0.25)
    const points = 5 + rng.integer(2)
    return {
      outline: star(points, rng.uniform(0.5, 0.6)),
      relativeSize: 1.12,
      paint: (x, y, lightX, lightY) => {
        const check = Math.sin((Math.PI * x) / spacing) * Math.sin((Math.PI * y) / spacing)
        return lit(mix(paint, ink, ramp(check, 0.5)), 1 + 0.12 * (x * lightX + y * lightY))
      },
    }
  },
}

/** 0 below −width/2, 1 above width/2, straight between: a hard edge that does not alias. */
function ramp(value: number, width: number): number {
  return Math.min(1, Math.max(0, value / width + 0.5))
}
