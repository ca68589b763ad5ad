import type { Rng } from '@pixelwise/masks/shared'

/** Red, green, blue, each 0..1. */
export type Colour = readonly [red: number, green: number, blue: number]

/** Hue 0..1 (wraps), saturation and value 0..1. */
export function fromHsv(hue: number, saturation: number, value: number): Colour {
  const channel = (n: number) => {
    const k = (n + hue * 6) % 6
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1))
  }
  return [channel(5), channel(3), channel(1)]
}

/** Any hue, from pale to strong and from dark to light: objects and backgrounds draw from this same range. */
export function randomColour(rng: Rng): Colour {
  return fromHsv(rng.uniform(), rng.uniform(0.15, 0.8), rng.uniform(0.35, 0.95))
}

export function mix(a: Colour, b: Colour, t: number): Colour {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

/** Multiplies the light on a surface; values above 1 brighten. */
export function lit(colour: Colour, light: number): Colour {
  return [colour[0] * light, colour[1] * light, colour[2] * light]
}

/** Rec. 601 luma, 0..1. */
export function luma([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue
}

/** How different two colours look, roughly: 0 equal, above 0.25 clearly apart. */
export function difference(a: Colour, b: Colour): number {
  return Math.hypot(0.6 * (a[0] - b[0]), a[1] - b[1], 0.4 * (a[2] - b[2]))
}

/** A darker or lighter relative of a colour whose luma is at least `contrast` away. */
export function inkFor(paint: Colour, contrast: number, rng: Rng): Colour {
  for (let attempt = 0; attempt < 24; attempt++) {
    const ink = randomColour(rng)
    if (Math.abs(luma(ink) - luma(paint)) >= contrast) return ink
  }
  return luma(paint) > 0.5 ? lit(paint, 0.35) : mix(paint, [1, 1, 1], 0.65)
}
