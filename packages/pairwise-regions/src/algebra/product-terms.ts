/** Two pair arrays that are multiplied, and which part of the product is wanted. */
export interface ProductShape {
  readonly batch: number
  readonly rows: number
  readonly columns: number
  /** Windows of the two factors. */
  readonly windows: readonly [number, number]
  /** Origins of the two factors. */
  readonly origins: readonly [number, number]
  /** The part of the whole product's window, `[0, R₁ + R₂ − 1)` per axis, that is kept. */
  readonly first: number
  readonly window: number
}

/** What is done with the terms p₁[c, i] × p₂[c + i − o₁, k − i] of a product, line by line. */
export interface TermVisitor {
  /** Called before the terms of a region, of which `target` is the first entry in the product. */
  begin(target: number): void
  /**
   * `count` terms side by side: p₁ at `left` meets p₂ from `right` on, for the product's entries from `entry` on,
   * counted from the region's first.
   */
  line(left: number, right: number, entry: number, count: number): void
  /** Called after the terms of the region that was begun last. */
  end(target: number): void
}

/**
 * Goes through all terms of a product, region by region and then in row-major order of the cell in the middle. Middles
 * outside the grid are left out.
 *
 * Source: Long 2016, §4.3.2: p₁₂(x, Δ) = Σ_δ p₁(x, δ) × p₂(x + δ, Δ − δ).
 */
export function visitTerms(shape: ProductShape, visitor: TermVisitor): void {
  const { batch, rows, columns, windows, origins, first, window } = shape
  const [leftWindow, rightWindow] = windows
  for (let line = 0; line < batch * rows; line++) {
    const row = line % rows
    const [fromRow, toRow] = middles(row, rows, leftWindow, origins[0])
    for (let column = 0; column < columns; column++) {
      const region = line * columns + column
      const [fromColumn, toColumn] = middles(column, columns, leftWindow, origins[0])
      visitor.begin(region * window * window)
      for (let i = fromRow; i < toRow; i++) {
        const [top, bottom] = partners(i, rightWindow, first, window)
        for (let j = fromColumn; j < toColumn; j++) {
          const [start, stop] = partners(j, rightWindow, first, window)
          const left = (region * leftWindow + i) * leftWindow + j
          const middle = region + (i - origins[0]) * columns + j - origins[0]
          for (let k = top; k < bottom; k++) {
            const right = (middle * rightWindow + k) * rightWindow + start
            visitor.line(left, right, (i + k - first) * window + j + start - first, stop - start)
          }
        }
      }
      visitor.end(region * window * window)
    }
  }
}

/** Indices of the left window whose cell lies inside the grid, along one axis. */
function middles(at: number, cells: number, window: number, origin: number): [from: number, to: number] {
  return [Math.max(0, origin - at), Math.min(window, cells + origin - at)]
}

/** Indices of the right window that lead from the middle `i` to an entry that is kept, along one axis. */
function partners(i: number, rightWindow: number, first: number, window: number): [from: number, to: number] {
  const from = Math.max(0, first - i)
  return [from, Math.max(from, Math.min(rightWindow, first + window - i))]
}
