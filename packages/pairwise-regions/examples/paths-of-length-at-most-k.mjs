// Long 2016, §4.3.2: if p(x, 0) = 1, the identity of ×, the reduction is over all paths of length at most k.
import { addPairs, identityPairs, multiplyPairs, pairArray, toDense } from '@pixelwise/pairwise-regions'

// Steps to the four neighbours on 9×9 cells; what counts is whether there is a path: (max, min) on 0 and −∞.
const semiring = 'maxmin'
const grid = [9, 9]
const steps = pairArray({ grid, window: 3, stride: 8 })
steps.data.forEach((_, k) => {
  steps.data[k] = (k % 9) % 2 === 1 ? 1 : -Infinity
})
const stepsOrRests = addPairs(steps, identityPairs({ grid, stride: 8 }, { semiring }), { semiring })

// How many cells are reached from the middle.
function reached(p, k) {
  let paths = identityPairs({ grid, stride: 8 }, { semiring })
  for (let step = 0; step < k; step++) paths = multiplyPairs(paths, p, { semiring })
  return toDense(paths, { fill: -Infinity })
    .slice(40 * 81, 41 * 81)
    .filter((value) => value > 0).length
}
const lengths = [0, 1, 2, 3, 4]
console.log(`in exactly k steps: ${lengths.map((k) => reached(steps, k)).join(' ')}`) // in exactly k steps: 1 4 9 16 25
console.log(`in at most k steps: ${lengths.map((k) => reached(stepsOrRests, k)).join(' ')}`) // in at most k steps: 1 5 13 25 41
