import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'

/**
 * What takes the place of addition and multiplication in a product of pair arrays.
 *
 * `add` must be associative and commutative, with `zero` changing nothing; `multiply` associative, with `one` changing
 * nothing and `zero` absorbing; and `multiply` must distribute over `add`.
 */
export interface Semiring {
  readonly zero: number
  readonly one: number
  /** Joins two ways. */
  add(a: number, b: number): number
  /** Puts two steps one behind the other. */
  multiply(a: number, b: number): number
}

/**
 * The semirings known by name:
 *
 * - `sumproduct`, (+, ×): counts or weighs paths;
 * - `minplus`, (min, +): the cost of the cheapest path;
 * - `maxmin`, (max, min): the widest path, as wide as its narrowest step;
 * - `logsumexp`, (log(eᵃ + eᵇ), +): `sumproduct` on logarithms.
 *
 * Source: Long 2016, §4.3.2, which leaves sum and product open.
 */
export const semirings = {
  sumproduct: { zero: 0, one: 1, add: (a, b) => a + b, multiply: (a, b) => a * b },
  minplus: { zero: Number.POSITIVE_INFINITY, one: 0, add: Math.min, multiply: (a, b) => a + b },
  maxmin: { zero: Number.NEGATIVE_INFINITY, one: Number.POSITIVE_INFINITY, add: Math.max, multiply: Math.min },
  logsumexp: { zero: Number.NEGATIVE_INFINITY, one: 0, add: logAddExp, multiply: (a, b) => a + b },
} as const satisfies Record<string, Semiring>

/** The semirings known by name. */
export type SemiringName = keyof typeof semirings

/** The semiring behind a name, or the given one itself. Throws `semiring/unknown`. */
export function semiringOf(semiring: SemiringName | Semiring): Semiring {
  if (typeof semiring !== 'string') return semiring
  if (Object.hasOwn(semirings, semiring)) return semirings[semiring]
  const names = Object.keys(semirings)
  const near = nearestName(semiring, names)
  throw new PixelwiseError('semiring/unknown', {
    what: `semiring "${semiring}"`,
    rule: `known: ${names.join(', ')}`,
    next: near ? `did you mean ${near}?` : 'or pass one of your own, { zero, one, add, multiply }',
  })
}

/** log(eᵃ + eᵇ) without overflow; −∞ and −∞ give −∞. */
function logAddExp(a: number, b: number): number {
  const larger = Math.max(a, b)
  return larger === Number.NEGATIVE_INFINITY ? larger : larger + Math.log1p(Math.exp(Math.min(a, b) - larger))
}
