import {
  type NamedAttrMap,
  ResizeBilinear,
  ResizeBilinearGrad,
  ResizeNearestNeighbor,
  ResizeNearestNeighborGrad,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { type WasmKernel, type Workspace, withWorkspace } from '../workspace.js'

/**
 * The gradients of both resizings, in every convention (half-pixel centres, aligned corners, neither).
 *
 * Where an output row comes from is not computed a second time: the forward kernel is asked, by resizing a ramp. So the
 * gradient is the forward's transpose whatever the convention and the rounding.
 *
 * Replaces kernels that assume half pixels away, and one that reads the wrong image of a batch.
 *
 * Shapes: dy `[N, h, w, C]`, images `[N, H, W, C]` → `[N, H, W, C]`, float32.
 */
export const resizeGradients: readonly WasmKernel[] = [
  resizeGradient(ResizeBilinearGrad, ResizeBilinear),
  resizeGradient(ResizeNearestNeighborGrad, ResizeNearestNeighbor),
]

function resizeGradient(name: string, forward: string): WasmKernel {
  return {
    name,
    run({ inputs, attrs, backend }) {
      const dy = inputs['dy']!
      const images = inputs['images']!
      return withWorkspace(backend, (workspace) => {
        const rows = sources(workspace, forward, attrs, images.shape[1]!, dy.shape[1]!)
        const columns = sources(workspace, forward, attrs, images.shape[2]!, dy.shape[2]!)
        const dx = workspace.zeros(images.shape)
        scatter(workspace.floats(dx), workspace.floats(dy), images, rows, columns)
        return workspace.keep(dx)
      })
    },
  }
}

/** For every output cell of an axis, the place between input cells that it shows. */
function sources(workspace: Workspace, forward: string, attrs: NamedAttrMap, from: number, to: number): Float32Array {
  const ramp = workspace.allocate([1, from, 1, 1])
  workspace.floats(ramp).forEach((_, i, values) => {
    values[i] = i
  })
  return workspace.floats(workspace.run(forward, { images: ramp }, { ...attrs, size: [to, 1] })).slice()
}

function scatter(
  dx: Float32Array,
  dy: Float32Array,
  { shape }: TensorInfo,
  rows: Float32Array,
  columns: Float32Array,
): void {
  const [batch, height, width, channels] = shape as [number, number, number, number]
  let from = 0
  for (let image = 0; image < batch; image++) {
    for (const y of rows) {
      const top = Math.floor(y)
      const upper = (image * height + top) * width
      const lower = (image * height + Math.min(top + 1, height - 1)) * width
      for (const x of columns) {
        const left = Math.floor(x)
        const right = Math.min(left + 1, width - 1)
        const down = y - top
        const across = x - left
        add(dx, (upper + left) * channels, dy, from, channels, (1 - down) * (1 - across))
        add(dx, (upper + right) * channels, dy, from, channels, (1 - down) * across)
        add(dx, (lower + left) * channels, dy, from, channels, down * (1 - across))
        add(dx, (lower + right) * channels, dy, from, channels, down * across)
        from += channels
      }
    }
  }
}

function add(dx: Float32Array, to: number, dy: Float32Array, from: number, count: number, weight: number): void {
  if (weight === 0) return
  for (let i = 0; i < count; i++) dx[to + i]! += weight * dy[from + i]!
}
