/** Median, least and greatest of some measurements. */
export function summarise(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2
  return { median, least: sorted[0], greatest: sorted.at(-1), values }
}

/** How many times faster `values` are than `reference`, round by round. */
export function speedup(reference, values) {
  return summarise(values.map((value, round) => reference[round] / value))
}
