// Long 2016, §4.3.2: each output value is a reduction over the values on all paths from g to g + r through the
// connectivity structure of the network.
import { multiplyPairs, pairArray, toDense } from '@pixelwise/pairwise-regions'

// Five cells in a row. A first layer may stay or step right, a second stay or step left, a third stay or step either way.
const layers = [
  [2, 0],
  [2, 1],
  [3, 1],
].map(([window, origin], depth) => {
  const p = pairArray({ grid: [1, 5], window, stride: 8, origin })
  return pairArray(
    p,
    p.data.map((_, k) => depth + 1 + (k % 7) / 10),
  )
})
const product = toDense(multiplyPairs(multiplyPairs(layers[0], layers[1]), layers[2]))

// The same sum, path by path.
const steps = layers.map((p) => toDense(p))
let paths = 0
let sum = 0
function follow(cell, depth, value) {
  if (depth === steps.length) {
    if (cell !== 2) return
    paths += 1
    sum += value
    return
  }
  for (let next = 0; next < 5; next++) {
    const weight = steps[depth][5 * cell + next]
    if (weight !== 0) follow(next, depth + 1, value * weight)
  }
}
follow(2, 0, 1)

console.log(`${paths} paths lead from cell 2 back to cell 2`) // 4 paths lead from cell 2 back to cell 2
console.log(`their sum is ${sum.toFixed(3)}, the product's entry ${product[5 * 2 + 2].toFixed(3)}`) // their sum is 31.278, the product's entry 31.278
