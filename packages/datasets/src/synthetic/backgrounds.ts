import type { Rng } from '@pixelwise/masks/shared'
import { type Colour, lit, mix, randomColour } from './colour.js'
import { cellNoise, fractalNoise, valueNoise } from './noise.js'

/** The colour of the ground at a point; coordinates are in image heights, so that any picture size shows the same scene. */
export type Surface = (x: number, y: number) => Colour

/** Draws one surface of a kind. */
export type SurfaceMaker = (rng: Rng) => Surface

/** The kinds of ground that scenes stand on, by name. */
export const backgrounds: Readonly<Record<string, SurfaceMaker>> = {
  clouds: (rng) => {
    const [low, middle, high] = threeColours(rng)
    const noise = fractalNoise(rng, 5)
    const scale = rng.uniform(2, 4)
    return (x, y) => threefold(low, middle, high, stretch(noise(x * scale, y * scale), 2.2))
  },
  sand: (rng) => {
    const [low, , high] = threeColours(rng)
    const dunes = fractalNoise(rng, 2)
    const grain = valueNoise(rng)
    return (x, y) => lit(mix(low, high, stretch(dunes(x * 1.7, y * 4), 1.5)), 0.8 + 0.4 * grain(x * 70, y * 70))
  },
  wood: (rng) => {
    const [low, middle] = threeColours(rng)
    const warp = fractalNoise(rng, 3)
    const fibre = valueNoise(rng)
    const [along, across] = direction(rng)
    return (x, y) => {
      const u = x * along + y * across
      const v = y * along - x * across
      const rings = 0.5 + 0.5 * Math.sin(14 * warp(u * 0.8, v * 2.5))
      return lit(mix(low, middle, 0.55 * rings), 0.86 + 0.28 * fibre(u * 6, v * 46))
    }
  },
  marble: (rng) => {
    const [low, middle, high] = threeColours(rng)
    const warp = fractalNoise(rng, 5)
    const [along, across] = direction(rng)
    return (x, y) => {
      const vein = Math.abs(Math.sin(3 * (x * along + y * across) + 7 * warp(x * 2, y * 2)))
      return threefold(high, middle, low, 1 - vein ** 0.6)
    }
  },
  pebbles: (rng) => {
    const [low, middle, high] = threeColours(rng)
    const cells = cellNoise(rng)
    const scale = rng.uniform(5, 9)
    return (x, y) => {
      const { nearest, second, tone } = cells(x * scale, y * scale)
      const joint = Math.min(1, (second - nearest) * 5)
      return mix(low, lit(mix(middle, high, tone), 1.12 - 0.35 * nearest), joint)
    }
  },
  tiles: (rng) => {
    const [low, middle, high] = threeColours(rng)
    const tone = valueNoise(rng)
    const wear = fractalNoise(rng, 4)
    const [along, across] = direction(rng)
    const scale = rng.uniform(2.5, 4)
    return (x, y) => {
      const u = (x * along + y * across) * scale
      const v = (y * along - x * across) * scale
      const joint = Math.min(edgeDistance(u), edgeDistance(v)) * 16
      const tile = mix(middle, high, tone(Math.floor(u) + 0.5, Math.floor(v) + 0.5))
      return lit(mix(low, tile, Math.min(1, joint)), 0.8 + 0.4 * wear(u * 2, v * 2))
    }
  },
  meadow: (rng) => {
    const [far, near, skyLow] = threeColours(rng)
    const skyHigh = randomColour(rng)
    const ridge = fractalNoise(rng, 4)
    const blades = valueNoise(rng)
    const clouds = fractalNoise(rng, 4)
    const horizon = rng.uniform(0.2, 0.5)
    return (x, y) => {
      const depth = y - horizon + 0.3 * (ridge(x * 2, 0.5) - 0.5)
      if (depth < 0) return mix(skyLow, skyHigh, stretch(clouds(x * 2, y * 5), 1.8))
      const closeness = Math.min(1, depth / (1 - horizon))
      return lit(mix(far, near, closeness), 0.72 + 0.55 * blades(x * 42, y * (34 - 18 * closeness)))
    }
  },
  shore: (rng) => {
    const [low, middle, high] = threeColours(rng)
    const warp = fractalNoise(rng, 3)
    const [along, across] = direction(rng)
    return (x, y) => {
      const t = x * along + y * across + 0.35 * warp(x * 2, y * 2)
      return lit(threefold(low, middle, high, stretch(t - 0.15, 1)), 0.9 + 0.2 * warp(x * 14, y * 14))
    }
  },
}

function threeColours(rng: Rng): [Colour, Colour, Colour] {
  const first = randomColour(rng)
  return [first, mix(first, randomColour(rng), 0.55), mix(first, randomColour(rng), 0.8)]
}

function direction(rng: Rng): [number, number] {
  const angle = rng.uniform(0, Math.PI)
  return [Math.cos(angle), Math.sin(angle)]
}

function stretch(value: number, factor: number): number {
  return Math.min(1, Math.max(0, 0.5 + (value - 0.5) * factor))
}

function threefold(low: Colour, middle: Colour, high: Colour, t: number): Colour {
  return t < 0.5 ? mix(low, middle, 2 * t) : mix(middle, high, 2 * t - 1)
}

/** Distance to the nearest whole number. */
function edgeDistance(value: number): number {
  return Math.abs(value - Math.round(value))
}
