/**
 * What suppression would be without grids: every region against all that are kept, with masks of bits in typed arrays;
 * regions whose boxes are apart, or whose areas alone forbid it, are not intersected. Returns what is kept, and how many pairs were looked at
 * and intersected.
 */
export function suppressQuadratically(pathways, maxIoU) {
  const table = tableOf(pathways)
  const { area, top, left, bottom, right } = table
  const order = [...table.scores.keys()].sort((a, b) => table.scores[b] - table.scores[a] || a - b)
  const kept = new Int32Array(order.length)
  let count = 0
  let looks = 0
  let intersections = 0
  for (const candidate of order) {
    if (area[candidate] === 0) continue
    let isFree = true
    for (let i = 0; i < count; i++) {
      looks++
      const other = kept[i]
      if (top[candidate] >= bottom[other] || top[other] >= bottom[candidate]) continue
      if (left[candidate] >= right[other] || left[other] >= right[candidate]) continue
      if (Math.min(area[candidate], area[other]) <= maxIoU * Math.max(area[candidate], area[other])) continue
      intersections++
      const shared = sharedPixels(table, candidate, other)
      if (shared / (area[candidate] + area[other] - shared) > maxIoU) {
        isFree = false
        break
      }
    }
    if (isFree) kept[count++] = candidate
  }
  return { kept: kept.slice(0, count), work: { slots: looks, intersections } }
}

/** All regions after one another: boxes in pixels, and rows of bits, `rows` from `firstRow` on. */
function tableOf(pathways) {
  const count = pathways.reduce((sum, { scores }) => sum + scores.length, 0)
  const numbers = () => new Int32Array(count)
  const rowCount = pathways.reduce((sum, { masks, scores }) => sum + masks.window * scores.length, 0)
  const table = {
    scores: new Float32Array(count),
    ...{ area: numbers(), top: numbers(), left: numbers(), bottom: numbers(), right: numbers() },
    ...{ stride: numbers(), window: numbers(), windowTop: numbers(), windowLeft: numbers(), firstRow: numbers() },
    rows: new Int32Array(rowCount),
  }
  let index = 0
  let nextRow = 0
  for (const { masks, scores } of pathways) {
    const { grid, window, stride, origin, step, words, wordsPerRegion, cells, boxes } = masks
    for (let region = 0; region < cells.length; region++, index++, nextRow += window) {
      const column = region % grid[1]
      const windowTop = stride * (step * ((region - column) / grid[1]) - origin)
      const windowLeft = stride * (step * column - origin)
      table.scores[index] = scores[region]
      table.area[index] = cells[region] * stride * stride
      table.top[index] = windowTop + stride * boxes[4 * region]
      table.left[index] = windowLeft + stride * boxes[4 * region + 1]
      table.bottom[index] = windowTop + stride * boxes[4 * region + 2]
      table.right[index] = windowLeft + stride * boxes[4 * region + 3]
      table.stride[index] = stride
      table.window[index] = window
      table.windowTop[index] = windowTop
      table.windowLeft[index] = windowLeft
      table.firstRow[index] = nextRow
      for (let bit = 0, y = 0; y < window; y++) {
        for (let x = 0; x < window; x++, bit++) {
          const isSet = (words[1 + region * wordsPerRegion + (bit >> 5)] >>> (bit & 31)) & 1
          table.rows[nextRow + y] |= isSet << x
        }
      }
    }
  }
  return table
}

function sharedPixels(table, a, b) {
  const { top, bottom, stride, window, windowTop, windowLeft, firstRow, rows } = table
  const fine = stride[a] <= stride[b] ? a : b
  const coarse = fine === a ? b : a
  const cell = stride[fine]
  const ratio = stride[coarse] / cell
  const shiftY = (windowTop[fine] - windowTop[coarse]) / cell
  const shiftX = (windowLeft[fine] - windowLeft[coarse]) / cell
  const first = (Math.max(top[a], top[b]) - windowTop[fine]) / cell
  const last = (Math.min(bottom[a], bottom[b]) - windowTop[fine]) / cell
  let count = 0
  let before = -1
  let spread = 0
  for (let row = first; row < last; row++) {
    const coarseRow = Math.floor((row + shiftY) / ratio)
    if (coarseRow !== before) spread = spreadRow(rows[firstRow[coarse] + coarseRow], shiftX, ratio, window[fine])
    before = coarseRow
    count += popcount(rows[firstRow[fine] + row] & spread)
  }
  return count * cell * cell
}

/** The fine cells, up to 32, under the cells of a coarse row. */
function spreadRow(bits, shift, ratio, window) {
  if (ratio === 1) return Math.abs(shift) >= 32 ? 0 : shift >= 0 ? bits >>> shift : bits << -shift
  let spread = 0
  for (let x = 0; x < window; x++) {
    const column = Math.floor((x + shift) / ratio)
    if (column >= 0 && column < 32 && (bits >>> column) & 1) spread |= 1 << x
  }
  return spread
}

function popcount(word) {
  const pairs = (word - ((word >>> 1) & 0x55555555)) | 0
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
