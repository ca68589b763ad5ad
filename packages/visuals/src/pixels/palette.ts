import { PixelwiseError } from '@pixelwise/masks/shared'

/** Red, green, blue, each 0..255. */
export type Rgb = readonly [red: number, green: number, blue: number]

/** The colour of each label, by index. */
export type Palette = readonly Rgb[]

/** The label that marks pixels without a class in the segmentation benchmarks. */
export const IGNORE_LABEL = 255

/** `#rrggbb`, as SVG and CSS want it. */
export function hexColour([red, green, blue]: Rgb): string {
  return `#${[red, green, blue].map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`
}

/** The colour of a label, or undefined for the ignore label when the palette does not reach it. Throws `visuals/no-colour`. */
export function colourOf(palette: Palette, label: number, ignoreLabel: number): Rgb | undefined {
  const colour = palette[label]
  if (colour !== undefined || label === ignoreLabel) return colour
  throw new PixelwiseError('visuals/no-colour', {
    what: `label ${label} has no colour`,
    rule: `the palette covers 0..${palette.length - 1}, and ${ignoreLabel} is ignored`,
    next: 'pass a longer palette, or the right ignoreLabel',
  })
}
