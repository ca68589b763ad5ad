import { PixelwiseError } from '@pixelwise/masks/shared'

/** Red, green, blue, each 0..255. */
export type Rgb = readonly [red: number, green: number, blue: number]

/** The colour of each label: a list of colours, or red, green, blue, red… one after the other. */
export type Palette = readonly Rgb[] | Uint8Array

/** The label that marks pixels without a class in the segmentation benchmarks. */
export const IGNORE_LABEL = 255

/** The colour of outlines, which do not count, in PASCAL VOC's label maps. */
export const vocOutlineColour: Rgb = [224, 224, 192]

/** `#rrggbb`, as SVG and CSS want it. */
export function hexColour([red, green, blue]: Rgb): string {
  return `#${[red, green, blue].map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`
}

/** How many labels a palette covers. */
function sizeOf(palette: Palette): number {
  return palette instanceof Uint8Array ? Math.floor(palette.length / 3) : palette.length
}

/** The colour of a label, or undefined for the ignore label when the palette does not reach it. Throws `visuals/no-colour`. */
export function colourOf(palette: Palette, label: number, ignoreLabel = IGNORE_LABEL): Rgb | undefined {
  if (label >= 0 && label < sizeOf(palette)) {
    if (!(palette instanceof Uint8Array)) return palette[label]
    return [palette[label * 3], palette[label * 3 + 1], palette[label * 3 + 2]]
  }
  if (label === ignoreLabel) return undefined
  throw new PixelwiseError('visuals/no-colour', {
    what: `label ${label} has no colour`,
    rule: `the palette covers 0..${sizeOf(palette) - 1}, and ${ignoreLabel} is ignored`,
    next: 'pass a longer palette, or the right ignoreLabel',
  })
}

/** The colour of pixels that do not count: the palette's at the ignore label, else that of PASCAL VOC. */
export function ignoreColourOf(palette: Palette): Rgb {
  return colourOf(palette, IGNORE_LABEL) ?? vocOutlineColour
}
