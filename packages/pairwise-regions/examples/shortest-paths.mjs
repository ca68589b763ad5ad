// Long 2016, §4.3.2: with (min, +) the computation finds shortest paths, as geodesics that tell an object from what is
// around it (Krähenbühl and Koltun 2014, Geodesic Object Proposals).
import { closePairs, pairArray, toDense } from '@pixelwise/pairwise-regions'

const picture = ['##..####', '##..#..#', '....####', '.##.....', '.##..###', '.#######']
const grid = [picture.length, picture[0].length]

// A step to one of the eight neighbours costs little within a colour and much between two.
const steps = pairArray({ grid, window: 3, stride: 8 })
for (let k = 0; k < steps.data.length; k++) {
  const [row, column] = [Math.floor(k / 9 / grid[1]), Math.floor(k / 9) % grid[1]]
  const other = picture[row + Math.floor((k % 9) / 3) - 1]?.[column + (k % 3) - 1]
  steps.data[k] = other === picture[row][column] ? 0.1 : 10
}

// How far all cells are from the one in the fifth line, third column: near ones are its object.
const cells = grid[0] * grid[1]
const from = 4 * grid[1] + 2
const away = toDense(closePairs(steps, { semiring: 'minplus' }), { fill: Infinity }).slice(
  from * cells,
  (from + 1) * cells,
)
const near = [...away].map((cost) => (cost < 10 ? '#' : '.')).join('')
console.log(near.match(/.{8}/g).join(' ')) // ........ ........ ........ .##..... .##..### .#######
