import { Rng } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import { classBalancedSampler, type Sampler, sequentialSampler, shuffledSampler, stochasticSampler } from './sampler.js'

const draw = (sampler: Sampler, count: number) => Array.from({ length: count }, () => sampler.next())
const samplers: [string, () => Sampler][] = [
  ['sequential', () => sequentialSampler(5)],
  ['shuffled', () => shuffledSampler(5, new Rng(1))],
  ['stochastic', () => stochasticSampler(5, new Rng(1))],
  ['class-balanced', () => classBalancedSampler([[0], [0], [0, 1], [0], [2, 2]], new Rng(1))],
]

test('sequential goes round', () => {
  expect(draw(sequentialSampler(3), 7)).toEqual([0, 1, 2, 0, 1, 2, 0])
})

test('shuffled shows every example once per pass, each pass in another order', () => {
  const sampler = shuffledSampler(50, new Rng(1))
  const passes = [draw(sampler, 50), draw(sampler, 50)]
  for (const pass of passes) expect([...pass].sort((a, b) => a - b)).toEqual([...Array(50).keys()])
  expect(passes[0]).not.toEqual(passes[1])
})

test('stochastic draws uniformly and independently of what came before', () => {
  const draws = draw(stochasticSampler(10, new Rng(2)), 20_000)
  const pairs = new Float64Array(100)
  for (let i = 0; i < draws.length; i += 2) pairs[draws[i] * 10 + draws[i + 1]]++
  const chiSquare = pairs.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0)
  expect(chiSquare).toBeLessThan(149) // 99.9 % of uniform pairs stay below, 99 degrees of freedom
  expect(chiSquare).toBeGreaterThan(60) // and 99.9 % above: shuffling would be too even
})

test('class-balanced shows every class alike, however rare, and its examples alike', () => {
  // Class 0 is in all hundred examples, class 7 in the last two, class 9 in the last alone.
  const classesOf = Array.from({ length: 100 }, (_, i) => (i < 98 ? [0] : i === 98 ? [0, 7] : [0, 7, 9, 9]))
  const draws = 60_000
  const counts = new Float64Array(100)
  for (const index of draw(classBalancedSampler(classesOf, new Rng(3)), draws)) counts[index]++
  const expected = classesOf.map((_, i) => (draws / 3) * (1 / 100 + (i >= 98 ? 1 / 2 : 0) + (i === 99 ? 1 : 0)))
  const chiSquare = counts.reduce((sum, count, i) => sum + (count - expected[i]) ** 2 / expected[i], 0)
  expect(chiSquare).toBeLessThan(149) // 99.9 % of such draws stay below, 99 degrees of freedom
})

test('class-balanced leaves out examples without a class and refuses a set that has none', () => {
  expect(new Set(draw(classBalancedSampler([[], [4], []], new Rng(1)), 20))).toEqual(new Set([1]))
  expect(() => classBalancedSampler([[], []], new Rng(1))).toThrow(
    'a class-balanced sampler over 2 examples that hold no class: at least one example must hold a class; check the labels of the data set, or take another sampler',
  )
})

describe.each(samplers)('%s', (_, create) => {
  test('goes on after a restore as if nothing had happened', () => {
    for (const drawn of [0, 3, 5, 12]) {
      const sampler = create()
      draw(sampler, drawn)
      const state = JSON.parse(JSON.stringify(sampler.save()))
      const expected = draw(sampler, 12)
      const restored = create()
      draw(restored, 1)
      restored.restore(state)
      expect(draw(restored, 12)).toEqual(expected)
    }
  })

  test('refuses a state that is not its own', () => {
    expect(() => create().restore({ position: 99, rng: [1, 2, 3, 4] })).toThrow(
      'sampler state {"position":99,"rng":[1,2,3,4]}: ',
    )
  })
})

test('refuses no examples and says which states it takes', () => {
  expect(() => sequentialSampler(0)).toThrow(
    'a sampler over 0 examples: there must be at least one example; check the folder and the split of the data set',
  )
  expect(() => shuffledSampler(4, new Rng(0)).restore({ position: 0, rng: null })).toThrow(
    'sampler state {"position":0,"rng":null}: expected a position in 0..4 and four words of a generator; resume with the sampler and the number of examples that the checkpoint was written with',
  )
})
