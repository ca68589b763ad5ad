import type { LabelMap } from '@pixelwise/masks'

/**
 * Numbers objects through an image. NYUDv2 counts them within each class, so that an object is a pair of class and count.
 *
 * Objects are ordered by stored class, then count; pixels without class or count are 0. `labelOf` gives the label of each
 * stored class, and `labels` those of objects 1, 2, ….
 */
export function numberInstances(
  { height, width, labels: stored }: LabelMap<Uint16Array>,
  counts: Uint16Array,
  labelOf: Uint16Array,
): { readonly map: LabelMap<Uint16Array>; readonly labels: readonly number[] } {
  const keyOf = (i: number) => (stored[i] === 0 || counts[i] === 0 ? 0 : stored[i] * 65_536 + counts[i])
  const keys = new Set<number>()
  for (let i = 0; i < stored.length; i++) keys.add(keyOf(i))
  keys.delete(0)
  const ordered = [...keys].sort((a, b) => a - b)
  const numbers = new Map(ordered.map((key, i) => [key, i + 1]))
  const labels = Uint16Array.from(stored, (_, i) => numbers.get(keyOf(i)) ?? 0)
  return { map: { height, width, labels }, labels: ordered.map((key) => labelOf[Math.floor(key / 65_536)]) }
}
