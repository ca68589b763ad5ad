import { UnsortedSegmentSum, util } from '@tensorflow/tfjs-core'
import { type WasmKernel, withWorkspace } from '../workspace.js'

/**
 * Adds up the rows of x that carry the same segment number: the gradient of gather. Rows whose number lies outside
 * `[0, numSegments)` are dropped.
 *
 * Shapes: x `[n, …]` float32 or int32, segmentIds `[n]` int32 → `[numSegments, …]` float32.
 */
export const unsortedSegmentSum: WasmKernel = {
  name: UnsortedSegmentSum,
  run({ inputs, attrs, backend }) {
    const x = inputs['x']!
    const segmentIds = inputs['segmentIds']!
    const segments = attrs['numSegments'] as number
    return withWorkspace(backend, (workspace) => {
      const sums = workspace.zeros([segments, ...x.shape.slice(1)])
      const rows = segmentIds.shape[0] ?? 1
      const width = util.sizeFromShape(x.shape) / Math.max(1, rows)
      const target = workspace.floats(sums)
      const source = workspace.values(x)
      const ids = workspace.values(segmentIds)
      for (let row = 0; row < rows; row++) {
        const segment = ids[row]!
        if (segment < 0 || segment >= segments) continue
        for (let i = 0; i < width; i++) target[segment * width + i]! += source[row * width + i]!
      }
      return workspace.keep(sums)
    })
  },
}
