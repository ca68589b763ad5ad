// Long 2016, §4.3.2: if the p are distinct, the cost becomes time-dependent as the path progresses.
import { multiplyPairs, pairArray, toDense } from '@pixelwise/pairwise-regions'

// Four cells in a row: a step costs 1, a rest 0.5. Between cells 1 and 2 is a bridge that is not always open.
const semiring = 'minplus'
function hour(isOpen) {
  const p = pairArray({ grid: [1, 4], window: 3, stride: 8 })
  for (let cell = 0; cell < 4; cell++) {
    const onto = (next) => (!isOpen && Math.min(cell, next) === 1 && Math.max(cell, next) === 2 ? Infinity : 1)
    p.data.fill(Infinity, 9 * cell, 9 * cell + 9).set([onto(cell - 1), 0.5, onto(cell + 1)], 9 * cell + 3)
  }
  return p
}

const cost = (open) => {
  const paths = open.map(hour).reduce((before, next) => multiplyPairs(before, next, { semiring }))
  return toDense(paths, { fill: Infinity })[4 * 0 + 3]
}
console.log(`always open: ${cost([true, true, true])}`) // always open: 3
console.log(`open in the third hour of four: ${cost([false, false, true, false])}`) // open in the third hour of four: 3.5
console.log(`open in the last: ${cost([false, false, false, true])}`) // open in the last: Infinity
console.log(`open in the first: ${cost([true, false, false, false])}`) // open in the first: Infinity
