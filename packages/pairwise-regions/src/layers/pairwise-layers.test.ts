import { useBackend } from '@pixelwise/core'
import { type LayerCase, layerConformance } from '@pixelwise/testing'
import { beforeAll } from 'vitest'
import { pairwiseLayers } from './pairwise-layers.js'
import { RegionTranspose } from './region-transpose.js'

const backends = ['cpu', 'wasm'] as const
beforeAll(async () => {
  for (const backend of backends) await useBackend(backend, backend === 'wasm' ? { threads: 1 } : {})
})

const cases = new Map<unknown, readonly LayerCase[]>([
  [
    RegionTranspose,
    [
      { config: {}, inputs: [[2, 5, 4, 9]] },
      { config: { origin: 3, semiring: 'sumproduct' }, inputs: [[1, 3, 6, 16]] },
    ],
  ],
])

for (const plugin of pairwiseLayers) layerConformance(plugin, cases.get(plugin.layer) ?? [], backends)
