/** Objects by their size in pixels; bounds belong to both sides, as in COCO. */
export interface AreaRange {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** COCO's sizes: small up to 32², medium up to 96², large above. */
export const cocoAreaRanges: readonly AreaRange[] = [
  { name: 'all', from: 0, to: 1e10 },
  { name: 'small', from: 0, to: 32 ** 2 },
  { name: 'medium', from: 32 ** 2, to: 96 ** 2 },
  { name: 'large', from: 96 ** 2, to: 1e10 },
]
