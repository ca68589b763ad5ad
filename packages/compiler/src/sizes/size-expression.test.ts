import { describe, expect, test } from 'vitest'
import { distinctLengths, evaluate, findExpression, type KnownLength } from './size-expression.js'

const heights = [237, 261, 246, 295]
const widths = [253, 230, 275, 267]
const known: KnownLength[] = [
  { value: 'image', axis: 1, column: heights },
  { value: 'image', axis: 2, column: widths },
]

/** The column of a function of height and width, and the same function as it is found, at a size of its own. */
function found(of: (height: number, width: number) => number): { expected: number; actual: number | undefined } {
  const expression = findExpression(
    heights.map((height, i) => of(height, widths[i])),
    known,
  )
  const actual = expression && evaluate(expression, ({ axis }) => (axis === 1 ? 500 : 375))
  return { expected: of(500, 375), actual }
}

describe('a number that depends on the size is expressed by lengths', () => {
  test.each<[string, (height: number, width: number) => number]>([
    ['a constant', () => 7],
    ['a length', (_, width) => width],
    ['a length and some cells', (height) => height + 200],
    ['a multiple', (height) => 3 * height],
    ['the number of cells', (height, width) => height * width],
    ['cells of several channels', (height, width) => 21 * height * width],
    ['what lies side by side', (height, width) => height + width + 1],
    ['a difference', (height, width) => width - height + 40],
    ['windows of stride 2, rounded up', (height) => Math.ceil(height / 2)],
    ['tiles of four cells', (_, width) => Math.floor((width + 3) / 4)],
  ])('%s', (_name, of) => {
    const { expected, actual } = found(of)
    expect(actual).toBe(expected)
  })

  test('or not at all', () => {
    expect(found((height, width) => height ** 2 + width ** 3).actual).toBeUndefined()
  })
})

test('of lengths that are always equal the first stands for all; constant ones are of no use', () => {
  const lengths = distinctLengths([
    ...known,
    { value: 'later', axis: 0, column: heights },
    { value: 'channels', axis: 3, column: [3, 3, 3, 3] },
  ])
  expect(lengths).toEqual(known)
})
