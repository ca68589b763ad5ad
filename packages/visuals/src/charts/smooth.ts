/**
 * A noisy series as its running mean with exponentially fading memory, corrected at the start so that the first value
 * is the first value.
 *
 * `weight` 0..1 is what stays of the past at each step: 0 changes nothing, 0.98 remembers about fifty steps. Values
 * that are not finite are passed over: they stay as they are and leave the mean alone.
 * Source of the correction: Kingma and Ba 2015, §3.
 */
export function smooth(values: ArrayLike<number>, weight: number): number[] {
  let mean = 0
  let counted = 0
  return Array.from(values, (value) => {
    if (!Number.isFinite(value)) return value
    mean = weight * mean + (1 - weight) * value
    counted += 1
    return weight === 0 ? value : mean / (1 - weight ** counted)
  })
}
