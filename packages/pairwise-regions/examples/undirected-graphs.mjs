// Long 2016, §4.3.2: if p is symmetric, p(x, Δ) = p(x + Δ, −Δ), the graph becomes undirected.
import { closePairs, pairArray, symmetrisePairs, toDense } from '@pixelwise/pairwise-regions'

// A one-way street of six cells: a step to the right costs 1, all others cannot be taken.
const semiring = 'minplus'
const street = pairArray({ grid: [1, 6], window: 3, stride: 8 })
street.data.fill(Infinity)
for (let cell = 0; cell < 6; cell++) street.data[9 * cell + 5] = 1

const cost = (p) => {
  const all = toDense(closePairs(p, { semiring }), { fill: Infinity })
  return `there ${all[6 * 0 + 5]}, back ${all[6 * 5 + 0]}`
}
console.log(`one way: ${cost(street)}`) // one way: there 5, back Infinity
console.log(`both ways: ${cost(symmetrisePairs(street, { semiring }))}`) // both ways: there 5, back 5
