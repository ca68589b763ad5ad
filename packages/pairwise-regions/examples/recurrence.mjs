// Long 2016, §4.3.2: if all p are the same, the computation is recurrent, and a reduction over all paths of length k on a
// weighted directed graph.
import { multiplyPairs, pairArray } from '@pixelwise/pairwise-regions'

// A random walk on nine cells in a row: it rests with probability 1/2 and steps to either side with 1/4.
const walk = pairArray({ grid: [1, 9], window: 3, stride: 8 })
for (let cell = 0; cell < 9; cell++) walk.data.set([1 / 4, 1 / 2, 1 / 4], 9 * cell + 3)

let after = walk
for (let step = 2; step <= 4; step++) after = multiplyPairs(after, walk)

// The middle line of the middle cell's window: where four steps lead from there. Pascal's triangle has the numbers.
const { window } = after
const middle = after.data.slice((4 * window + after.origin) * window).slice(0, window)
console.log(`of 256 walks end in each cell: ${[...middle].map((p) => 256 * p).join(' ')}`) // of 256 walks end in each cell: 1 8 28 56 70 56 28 8 1
