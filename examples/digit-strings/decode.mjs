/**
 * Reads the map of probabilities from left to right: which cells look at a digit, and which digits these are.
 *
 * The net answers everywhere, between two digits as well, where its answer means nothing. Digits stand apart by
 * `spacing` cells, the first near the left end and the last near the right one; of all such sequences of cells the one
 * of the highest probability is taken, found from left to right as Viterbi did, and as Matan et al. did in 1992.
 *
 * @param columns probability of each class at each column of cells
 */
export function readDigits(columns, { spacing: [nearest, furthest], margin }) {
  const best = columns.map((classes) => {
    const digit = classes.indexOf(Math.max(...classes))
    return { digit, cost: -Math.log(Math.max(classes[digit], 1e-12)) }
  })
  const paths = []
  for (const [at, { cost }] of best.entries()) {
    const before = Array.from({ length: furthest - nearest + 1 }, (_, i) => at - furthest + i).filter((b) => paths[b])
    const from = before.sort((a, b) => paths[a].cost - paths[b].cost)[0]
    if (from !== undefined) paths[at] = { cost: cost + paths[from].cost, from }
    else if (at <= margin) paths[at] = { cost }
  }
  const ends = [...paths.keys()].filter((at) => paths[at] && at >= columns.length - 1 - margin)
  let at = ends.sort((a, b) => paths[a].cost - paths[b].cost)[0]
  const read = []
  for (; at !== undefined; at = paths[at].from) read.unshift({ column: at, digit: best[at].digit })
  return read
}
