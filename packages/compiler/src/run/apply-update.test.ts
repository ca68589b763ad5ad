import { Rng } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import { applyUpdate } from './apply-update.js'
import { kernelElements } from './update-kernel.js'

const rng = new Rng(5)
const numbers = (length: number) => Float32Array.from({ length }, () => rng.uniform() - 0.5)

describe('weighted sums of arrays, written where they lie', () => {
  const lengths = [1, 3, 4, 5, kernelElements - 1, kernelElements, kernelElements + 1, 3 * kernelElements + 2]

  test.each([0, 1, 2, 3])('of %i sources, for arrays of any length', (count) => {
    for (const length of lengths) {
      for (const targetCount of [1, 2]) {
        const sources = Array.from({ length: count }, () => numbers(length))
        const before = sources.map((source) => source.slice())
        const weights = Array.from({ length: targetCount }, () => [...numbers(count)])
        // The targets are the last sources, as variables are, or arrays of their own.
        const targets = weights.map((own, t) => ({ array: sources[count - 1 - t] ?? numbers(length), weights: own }))
        applyUpdate({ sources, targets })
        for (const [t, { array }] of targets.entries()) {
          const wanted = Float64Array.from({ length }, (_, i) =>
            weights[t].reduce((sum, weight, s) => sum + weight * before[s][i], 0),
          )
          const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - array[i])), 0)
          expect(worst).toBeLessThan(1e-6)
        }
      }
    }
  })

  test('a source that is not finite spoils its own elements alone', () => {
    const [gradient, weight] = [numbers(9), numbers(9)]
    gradient[4] = Number.NaN
    applyUpdate({ sources: [gradient, weight], targets: [{ array: weight, weights: [0.1, 1] }] })
    expect([...weight].map(Number.isNaN)).toEqual([...gradient].map(Number.isNaN))
    applyUpdate({ sources: [], targets: [{ array: weight, weights: [] }] })
    expect([...weight]).toEqual(Array(9).fill(0))
  })
})
