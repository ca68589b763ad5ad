import type { Rgb } from './palette.js'

/**
 * So many colours, each far in hue from the ones before it, light enough to lie on photos; always the same.
 *
 * Hues advance by the golden angle, so that any first few are spread evenly; brightness alternates.
 */
export function distinctColours(count: number): Rgb[] {
  return Array.from({ length: count }, (_, i) => fromHue((i * 0.618034 + 0.02) % 1, i % 2 === 0 ? 255 : 205))
}

/** A saturated colour of a hue 0..1 whose largest channel is `value`. */
function fromHue(hue: number, value: number): Rgb {
  const channel = (shift: number) => {
    const distance = Math.abs(((hue * 6 + shift) % 6) - 3)
    return Math.round(value * (0.15 + 0.85 * Math.min(1, Math.max(0, distance - 1))))
  }
  return [channel(0), channel(4), channel(2)]
}
