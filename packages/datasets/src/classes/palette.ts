/**
 * The PASCAL VOC palette: red, green, blue per label, 256 entries.
 *
 * Bits 0, 1, 2 of the label become bit 7 of red, green, blue; bits 3, 4, 5 become bit 6, and so on. Label 255 (void)
 * comes out as cream (224, 224, 192).
 * Source: VOC development kit, `VOClabelcolormap`.
 */
export function vocPalette(): Uint8Array {
  const palette = new Uint8Array(768)
  for (let label = 0; label < 256; label++) {
    for (let bit = 0; bit < 8; bit++) {
      palette[label * 3 + (bit % 3)] |= ((label >> bit) & 1) << (7 - Math.floor(bit / 3))
    }
  }
  return palette
}
