import type { Rng } from '@pixelwise/masks/shared'

/** A smooth random function of the plane with values in 0..1 and features about one unit wide. */
export type NoiseField = (x: number, y: number) => number

const period = 64

/** Value noise: random numbers on the integer grid, blended smoothly between; repeats every 64 units. */
export function valueNoise(rng: Rng): NoiseField {
  const grid = Float32Array.from({ length: period * period }, () => rng.uniform())
  return (x, y) => {
    const column = Math.floor(x)
    const row = Math.floor(y)
    const s = smooth(x - column)
    const t = smooth(y - row)
    const left = column & (period - 1)
    const right = (left + 1) & (period - 1)
    const top = (row & (period - 1)) * period
    const bottom = ((row + 1) & (period - 1)) * period
    const upper = grid[top + left] + (grid[top + right] - grid[top + left]) * s
    const lower = grid[bottom + left] + (grid[bottom + right] - grid[bottom + left]) * s
    return upper + (lower - upper) * t
  }
}

/** Octaves of value noise, each half as large and half as strong as the one before; values in 0..1, mostly near 0.5. */
export function fractalNoise(rng: Rng, octaves: number): NoiseField {
  const noise = valueNoise(rng)
  const total = 2 - 2 ** (1 - octaves)
  return (x, y) => {
    let sum = 0
    for (let octave = 0; octave < octaves; octave++) {
      const scale = 2 ** octave
      sum += noise(x * scale + 17.3 * octave, y * scale + 9.1 * octave) / scale
    }
    return sum / total
  }
}

/** Distance to the nearest and second-nearest of one random point per unit cell (Worley 1996). */
export function cellNoise(rng: Rng): (x: number, y: number) => { nearest: number; second: number; tone: number } {
  const offsets = Float32Array.from({ length: period * period * 3 }, () => rng.uniform())
  return (x, y) => {
    const column = Math.floor(x)
    const row = Math.floor(y)
    let nearest = 9
    let second = 9
    let tone = 0
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const cell = (((row + dy) & (period - 1)) * period + ((column + dx) & (period - 1))) * 3
        const distance = Math.hypot(column + dx + offsets[cell] - x, row + dy + offsets[cell + 1] - y)
        if (distance < nearest) {
          second = nearest
          nearest = distance
          tone = offsets[cell + 2]
        } else if (distance < second) second = distance
      }
    }
    return { nearest, second, tone }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t)
}
