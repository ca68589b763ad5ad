// Long 2016, §4.3.2: if R is spaced more finely from one p to the next, the computation performs a coarse-to-fine region
// refinement.
import { multiplyPairs, pairArray, refinePairs, toDense } from '@pixelwise/pairwise-regions'

// Two lines of ten pixels, an object on the first five of each, seen coarsely in cells of 2×2.
const colours = '#####.....'
const coarse = pairArray({ grid: [1, 5], window: 5, stride: 2 })
const share = (cell) => [...colours.slice(2 * cell, 2 * cell + 2)].filter((colour) => colour === '#').length / 2
for (let cell = 0; cell < 5; cell++) {
  for (const away of [-2, -1, 0, 1, 2]) {
    coarse.data[(cell * 5 + 2) * 5 + 2 + away] = 1 - Math.abs(share(cell) - share(cell + away))
  }
}

// A last step is fine: from a pixel to itself or to its neighbour of the same colour.
const steps = pairArray({ grid: [2, 10], window: 3, stride: 1 })
for (let pixel = 0; pixel < 20; pixel++) {
  const at = pixel % 10
  for (const away of [-1, 0, 1]) steps.data[9 * pixel + 4 + away] = colours[at + away] === colours[at] ? 1 : 0
}

// As far as the coarse step is sure, and on to where the fine one leads.
const refined = multiplyPairs(refinePairs(coarse, 2), steps, { semiring: 'maxmin' })
const region = (pairs, pixel) => {
  const line = [...toDense(pairs).slice(20 * pixel, 20 * pixel + 10)]
  return line.map((value) => (value > 0.5 ? '#' : '.')).join('')
}
console.log(`coarse: ${region(refinePairs(coarse, 2), 1)}`) // coarse: ####......
console.log(`fine: ${region(refined, 1)}`) // fine: #####.....
console.log(`fine, from the other end: ${region(refined, 8)}`) // fine, from the other end: .....#####
