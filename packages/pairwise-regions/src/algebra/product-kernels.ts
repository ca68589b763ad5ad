import { type ProductShape, type TermVisitor, visitTerms } from './product-terms.js'
import { type Semiring, type SemiringName, semiringOf, semirings } from './semirings.js'

/** The three arrays of a product, row-major `[batch, rows, columns, window, window]`. */
export interface ProductArrays {
  readonly left: Float32Array
  readonly right: Float32Array
  readonly product: Float32Array
}

/** Computes the product of two pair arrays. Sums are kept in float64 and rounded once. */
export function multiplyInto(arrays: ProductArrays, shape: ProductShape, semiring: SemiringName | Semiring): void {
  const given = semiringOf(semiring)
  const visitor = typeof semiring === 'string' ? multipliers[semiring](arrays, shape) : general(arrays, shape, given)
  visitTerms(shape, visitor)
}

type Multiplier = (arrays: ProductArrays, shape: ProductShape) => TermVisitor

/** Loops without a function call per term, as a product has |G|·R₁²·R₂² of them. */
const multipliers: Readonly<Record<SemiringName, Multiplier>> = {
  sumproduct: ({ left, right, product }, { window }) => {
    const sums = new Float64Array(window * window)
    return {
      begin: () => sums.fill(0),
      line: (l, r, entry, count) => {
        const factor = left[l]
        for (let n = 0; n < count; n++) sums[entry + n] += factor * right[r + n]
      },
      end: (target) => product.set(sums, target),
    }
  },
  minplus: ({ left, right, product }, { window }) => {
    const least = new Float64Array(window * window)
    return {
      begin: () => least.fill(Number.POSITIVE_INFINITY),
      line: (l, r, entry, count) => {
        const cost = left[l]
        for (let n = 0; n < count; n++) {
          const sum = cost + right[r + n]
          if (sum < least[entry + n]) least[entry + n] = sum
        }
      },
      end: (target) => product.set(least, target),
    }
  },
  maxmin: ({ left, right, product }, { window }) => {
    const widest = new Float64Array(window * window)
    return {
      begin: () => widest.fill(Number.NEGATIVE_INFINITY),
      line: (l, r, entry, count) => {
        const width = left[l]
        for (let n = 0; n < count; n++) {
          const narrower = Math.min(width, right[r + n])
          if (narrower > widest[entry + n]) widest[entry + n] = narrower
        }
      },
      end: (target) => product.set(widest, target),
    }
  },
  logsumexp: ({ left, right, product }, { window }) => {
    // One pass: whenever a larger term comes, what was summed so far is scaled to it.
    const largest = new Float64Array(window * window)
    const sums = new Float64Array(window * window)
    return {
      begin: () => {
        largest.fill(Number.NEGATIVE_INFINITY)
        sums.fill(0)
      },
      line: (l, r, entry, count) => {
        const weight = left[l]
        if (weight === Number.NEGATIVE_INFINITY) return
        for (let n = 0; n < count; n++) {
          const term = weight + right[r + n]
          if (term > largest[entry + n]) {
            sums[entry + n] = sums[entry + n] * Math.exp(largest[entry + n] - term) + 1
            largest[entry + n] = term
          } else if (term !== Number.NEGATIVE_INFINITY) {
            sums[entry + n] += Math.exp(term - largest[entry + n])
          }
        }
      },
      end: (target) => {
        for (const [n, sum] of sums.entries()) product[target + n] = largest[n] + Math.log(sum)
      },
    }
  },
}

/** Any semiring: one call of `multiply` and of `add` per term. */
function general(
  { left, right, product }: ProductArrays,
  { window }: ProductShape,
  { zero, add, multiply }: Semiring,
): TermVisitor {
  const sums = new Float64Array(window * window)
  return {
    begin: () => sums.fill(zero),
    line: (l, r, entry, count) => {
      for (let n = 0; n < count; n++) sums[entry + n] = add(sums[entry + n], multiply(left[l], right[r + n]))
    },
    end: (target) => product.set(sums, target),
  }
}

/** What flows back through a product: into it, and out to the two factors, which must come as zeros. */
export interface ProductGradients {
  readonly upstream: Float32Array
  readonly left: Float32Array
  readonly right: Float32Array
}

/**
 * The gradient of a product with respect to both factors.
 *
 * In `minplus` and `maxmin` all of an entry's gradient goes to the term that won; of equal terms to the one whose
 * middle comes first in row-major order; and in `maxmin` to the narrower factor of that term, of equal ones to the left.
 */
export function multiplyGradientInto(
  arrays: ProductArrays,
  gradients: ProductGradients,
  shape: ProductShape,
  semiring: SemiringName,
): void {
  visitTerms(shape, backPropagators[semiring](arrays, gradients, shape))
}

type BackPropagator = (arrays: ProductArrays, gradients: ProductGradients, shape: ProductShape) => TermVisitor

const backPropagators: Readonly<Record<SemiringName, BackPropagator>> = {
  sumproduct: ({ left, right }, gradients) => {
    let first = 0
    return {
      begin: (target) => {
        first = target
      },
      line: (l, r, entry, count) => {
        let sum = 0
        for (let n = 0; n < count; n++) {
          const upstream = gradients.upstream[first + entry + n]
          sum += upstream * right[r + n]
          gradients.right[r + n] += upstream * left[l]
        }
        gradients.left[l] += sum
      },
      end: () => {},
    }
  },
  minplus: (arrays, gradients, shape) =>
    winnerTakesAll('minplus', arrays, shape, (l, r, entry) => {
      gradients.left[l] += gradients.upstream[entry]
      gradients.right[r] += gradients.upstream[entry]
    }),
  maxmin: (arrays, gradients, shape) =>
    winnerTakesAll('maxmin', arrays, shape, (l, r, entry) => {
      if (arrays.left[l] <= arrays.right[r]) gradients.left[l] += gradients.upstream[entry]
      else gradients.right[r] += gradients.upstream[entry]
    }),
  logsumexp: ({ left, right, product }, gradients) => {
    let first = 0
    return {
      begin: (target) => {
        first = target
      },
      line: (l, r, entry, count) => {
        for (let n = 0; n < count; n++) {
          const whole = product[first + entry + n]
          if (whole === Number.NEGATIVE_INFINITY) continue
          const share = gradients.upstream[first + entry + n] * Math.exp(left[l] + right[r + n] - whole)
          gradients.left[l] += share
          gradients.right[r + n] += share
        }
      },
      end: () => {},
    }
  },
}

/** Finds, for each entry that is not zero, the first term that equals it. */
function winnerTakesAll(
  semiring: 'minplus' | 'maxmin',
  { left, right, product }: ProductArrays,
  { window }: ProductShape,
  take: (left: number, right: number, entry: number) => void,
): TermVisitor {
  const { zero, multiply } = semirings[semiring]
  const open = new Uint8Array(window * window)
  let first = 0
  return {
    begin: (target) => {
      first = target
      for (let n = 0; n < open.length; n++) open[n] = product[first + n] === zero ? 0 : 1
    },
    line: (l, r, entry, count) => {
      for (let n = 0; n < count; n++) {
        if (!open[entry + n] || Math.fround(multiply(left[l], right[r + n])) !== product[first + entry + n]) continue
        open[entry + n] = 0
        take(l, r + n, first + entry + n)
      }
    },
    end: () => {},
  }
}
