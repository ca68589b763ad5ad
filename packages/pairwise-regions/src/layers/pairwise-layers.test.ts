import { useBackend } from '@pixelwise/core'
import { type LayerCase, layerConformance, seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { type SemiringName, semirings } from '../algebra/semirings.js'
import { LocalMatrix } from './local-matrix.js'
import { pairwiseLayers } from './pairwise-layers.js'
import { RegionClosure } from './region-closure.js'
import { RegionProduct } from './region-product.js'
import { RegionSymmetry } from './region-symmetry.js'
import { RegionTranspose } from './region-transpose.js'
import { SubsampledRegions } from './subsampled-regions.js'

const backends = ['cpu', 'wasm'] as const
beforeAll(async () => {
  for (const backend of backends) await useBackend(backend, backend === 'wasm' ? { threads: 1 } : {})
})

const names = Object.keys(semirings) as SemiringName[]

/** Values so far apart that central differences step over hardly any kink of a minimum or maximum. */
const farApart = (shape: number[]) => (input: number) => tf.tidy(() => tf.mul(seededTensor(shape, `far ${input}`), 64))

/** Cases whose results are finite everywhere, as the suite adds all of them up. */
function inEach(of: readonly SemiringName[], inputs: number[][], config: object): LayerCase[] {
  return of.map((semiring) => {
    const isSelecting = semiring === 'minplus' || semiring === 'maxmin'
    return { config: { semiring, ...config }, inputs, ...(isSelecting && { makeInput: farApart(inputs[0]) }) }
  })
}

const cases = new Map<unknown, readonly LayerCase[]>([
  [
    LocalMatrix,
    [
      { config: {}, inputs: [[2, 3, 4, 9]] },
      { config: { bias: false, deviation: 0.5, seed: 3 }, inputs: [[1, 2, 3, 4]] },
    ],
  ],
  [
    RegionClosure,
    [
      // The identity of maxmin is infinite: its gradient is checked with the operation.
      ...inEach(['sumproduct', 'minplus', 'logsumexp'], [[1, 3, 2, 9]], { squarings: 2 }),
      { config: { squarings: 1, crop: 'full', origin: 0 }, inputs: [[1, 2, 3, 4]] },
      { config: { squarings: 0 }, inputs: [[2, 2, 3, 4]] },
    ],
  ],
  [
    RegionProduct,
    [
      ...inEach(
        names,
        [
          [2, 3, 4, 9],
          [2, 3, 4, 9],
        ],
        { crop: 'same' },
      ),
      {
        config: { origins: [3, 0] },
        inputs: [
          [1, 2, 3, 16],
          [1, 2, 3, 4],
        ],
      },
    ],
  ],
  [RegionSymmetry, [...inEach(names, [[1, 4, 3, 9]], {}), { config: { origin: 0 }, inputs: [[2, 2, 3, 4]] }]],
  [
    RegionTranspose,
    [
      { config: {}, inputs: [[2, 5, 4, 9]] },
      { config: { origin: 3, semiring: 'sumproduct' }, inputs: [[1, 3, 6, 16]] },
    ],
  ],
  [
    SubsampledRegions,
    [
      { config: { window: 3, kernel: 3, step: 2 }, inputs: [[2, 5, 4, 2]] },
      { config: { window: 4, kernel: 1, step: 3, origin: 1 }, inputs: [[1, 4, 7, 3]] },
    ],
  ],
])

for (const plugin of pairwiseLayers) layerConformance(plugin, cases.get(plugin.layer) ?? [], backends)

test('every layer of the package has its cases', () => {
  expect(pairwiseLayers.filter(({ layer }) => !cases.has(layer))).toEqual([])
})
