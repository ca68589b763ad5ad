import { useBackend } from '@pixelwise/core'
import { type LayerCase, layerConformance } from '@pixelwise/testing'
import { beforeAll } from 'vitest'
import { LocalMatrix } from './local-matrix.js'
import { pairwiseLayers } from './pairwise-layers.js'
import { RegionTranspose } from './region-transpose.js'
import { SubsampledRegions } from './subsampled-regions.js'

const backends = ['cpu', 'wasm'] as const
beforeAll(async () => {
  for (const backend of backends) await useBackend(backend, backend === 'wasm' ? { threads: 1 } : {})
})

const cases = new Map<unknown, readonly LayerCase[]>([
  [
    LocalMatrix,
    [
      { config: {}, inputs: [[2, 3, 4, 9]] },
      { config: { bias: false, deviation: 0.5, seed: 3 }, inputs: [[1, 2, 3, 4]] },
    ],
  ],
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
