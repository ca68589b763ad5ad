/** The length of one axis of a value of the graph. */
export interface Length {
  readonly value: string
  readonly axis: number
}

/**
 * A whole number in terms of the lengths of other values: (Σ factor · product of lengths + plus) / divisor, rounded
 * towards zero, as ONNX's Div does.
 */
export interface SizeExpression {
  readonly terms: readonly { readonly factor: number; readonly lengths: readonly Length[] }[]
  readonly plus: number
  readonly divisor: number
}

/** What a number, or the length of an axis, was in each sample. */
export type Column = readonly number[]

/** A length to choose from, and what it was in each sample. */
export interface KnownLength extends Length {
  readonly column: Column
}

/** Value of an expression, given the lengths. */
export function evaluate({ terms, plus, divisor }: SizeExpression, lengthOf: (length: Length) => number): number {
  const sum = terms.reduce(
    (total, { factor, lengths }) => total + lengths.reduce((product, length) => product * lengthOf(length), factor),
    plus,
  )
  return Math.trunc(sum / divisor)
}

/**
 * The simplest expression that gives the numbers of a column: a constant, a length, a length plus or times a constant, a
 * product of two or three, a sum or difference of two, a length divided and rounded. Earlier lengths are preferred.
 */
export function findExpression(column: Column, known: readonly KnownLength[]): SizeExpression | undefined {
  if (column.every((value) => value === column[0])) return { terms: [], plus: column[0], divisor: 1 }
  return shifted(column, known) ?? product(column, known) ?? combined(column, known) ?? divided(column, known)
}

/** One of each kind, the first: lengths that were equal in all samples are the same as far as anybody can tell. */
export function distinctLengths(lengths: readonly KnownLength[]): KnownLength[] {
  const byColumn = new Map<string, KnownLength>()
  for (const length of lengths) {
    const key = length.column.join()
    if (!byColumn.has(key) && length.column.some((value) => value !== length.column[0])) byColumn.set(key, length)
  }
  return [...byColumn.values()]
}

function shifted(column: Column, known: readonly KnownLength[]): SizeExpression | undefined {
  let best: SizeExpression | undefined
  for (const length of known) {
    const plus = column[0] - length.column[0]
    if (best !== undefined && Math.abs(plus) >= Math.abs(best.plus)) continue
    if (column.every((value, i) => value - length.column[i] === plus)) best = sum([[1, length]], plus)
  }
  return best
}

function product(column: Column, known: readonly KnownLength[]): SizeExpression | undefined {
  const times = (factors: readonly KnownLength[]): SizeExpression | undefined => {
    const products = column.map((_, i) => factors.reduce((all, length) => all * length.column[i], 1))
    const factor = column[0] / products[0]
    if (!Number.isInteger(factor) || column.some((value, i) => value !== factor * products[i])) return undefined
    return { terms: [{ factor, lengths: factors }], plus: 0, divisor: 1 }
  }
  for (const a of known) {
    const found = times([a])
    if (found) return found
  }
  for (const [a, b] of pairs(known)) {
    const found = times([a, b])
    if (found) return found
  }
  const few = known.slice(0, 8) // batch, height and width among them
  for (const [a, b] of pairs(few)) {
    for (const c of few) {
      const found = times([a, b, c])
      if (found) return found
    }
  }
  return undefined
}

function combined(column: Column, known: readonly KnownLength[]): SizeExpression | undefined {
  for (const [a, b] of pairs(known)) {
    for (const [first, second] of [
      [1, 1],
      [1, -1],
      [-1, 1],
    ]) {
      const rest = column.map((value, i) => value - first * a.column[i] - second * b.column[i])
      if (rest.every((value) => value === rest[0])) {
        return sum(
          [
            [first, a],
            [second, b],
          ],
          rest[0],
        )
      }
    }
  }
  return undefined
}

/** Strides and blocks: rounding up and down after padding by less than two blocks. */
const largestDivisor = 8

function divided(column: Column, known: readonly KnownLength[]): SizeExpression | undefined {
  for (const length of known) {
    for (let divisor = 2; divisor <= largestDivisor; divisor++) {
      for (let plus = -2 * divisor; plus <= 2 * divisor; plus++) {
        const expression = { ...sum([[1, length]], plus), divisor }
        if (column.every((value, i) => value === evaluate(expression, () => length.column[i]))) return expression
      }
    }
  }
  return undefined
}

function sum(parts: readonly (readonly [factor: number, length: KnownLength])[], plus: number): SizeExpression {
  return { terms: parts.map(([factor, length]) => ({ factor, lengths: [length] })), plus, divisor: 1 }
}

function* pairs<T>(list: readonly T[]): Generator<[T, T]> {
  for (const [i, a] of list.entries()) for (const b of list.slice(i)) yield [a, b]
}
