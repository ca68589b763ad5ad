/** The three linear maps of a fast convolution along one axis, as rows of numbers. */
export interface ToomCook {
  /** Outputs of one tile. */
  readonly outputs: number
  readonly taps: number
  /** Inputs of one tile, and products per tile: outputs + taps − 1. */
  readonly size: number
  /** Aᵀ, `[outputs, size]`: products → outputs. */
  readonly output: Matrix
  /** G, `[size, taps]`: filter → factors. */
  readonly filter: Matrix
  /** Bᵀ, `[size, size]`: inputs → factors. */
  readonly input: Matrix
}

export type Matrix = readonly (readonly number[])[]

/** Small numbers of either sign and their inverses keep all factors near one, and so the rounding small. */
const points = [0, 1, -1, 2, -2, 0.5, -0.5]

/**
 * The correlation of `outputs + taps − 1` inputs with `taps` numbers in as few multiplications as inputs:
 * y = Aᵀ[(G g) ⊙ (Bᵀ d)], Toom–Cook's polynomial product at the points 0, ±1, ±2, ±½ and infinity, transposed.
 *
 * Source: Winograd 1980; Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", where F(4, 3) is
 * this up to the signs of rows.
 */
export function toomCook(outputs: number, taps: number): ToomCook {
  const size = outputs + taps - 1
  const finite = points.slice(0, size - 1)
  const powers = (x: number, count: number) => Array.from({ length: count }, (_, power) => x ** power)
  const last = (count: number) => Array.from({ length: count }, (_, i) => Number(i === count - 1))
  const others = finite.map((_, i) => finite.filter((_, j) => j !== i))
  return {
    outputs,
    taps,
    size,
    output: transposed([...finite.map((x) => powers(x, outputs)), last(outputs)]),
    filter: [
      ...finite.map((x, i) => {
        const scale = others[i].reduce((product, other) => product * (x - other), 1)
        return powers(x, taps).map((power) => power / scale)
      }),
      last(taps),
    ],
    input: [...others.map((roots) => [...monic(roots), 0]), monic(finite)],
  }
}

/** Coefficients of the polynomial with these roots, the constant first. */
function monic(roots: readonly number[]): number[] {
  let polynomial = [1]
  for (const root of roots) {
    const lower = polynomial
    polynomial = [0, ...lower].map((coefficient, power) => coefficient - root * (lower[power] ?? 0))
  }
  return polynomial
}

export function transposed(matrix: Matrix): Matrix {
  return matrix[0].map((_, column) => matrix.map((row) => row[column]))
}

/** The map that does to rows and columns of a tile, flattened, what a matrix does to a line. */
export function inTwoDimensions(matrix: Matrix): Matrix {
  return matrix.flatMap((a) => matrix.map((b) => a.flatMap((x) => b.map((y) => x * y))))
}
