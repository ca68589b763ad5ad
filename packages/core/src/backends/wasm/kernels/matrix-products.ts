import {
  _FusedMatMul,
  BatchMatMul,
  broadcast_util,
  type KernelFunc,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core'
import { HeapGuard } from '../heap-guard.js'
import { type KernelCall, type WasmKernel, type Workspace, withWorkspace } from '../workspace.js'

/**
 * Matrix products: float32 as tfjs has them, once its packed copy of b is known to fit the heap, and int32, which it
 * refuses, exactly, with wrap-around on overflow.
 *
 * Shapes: a `[…, m, k]`, b `[…, k, n]`, either transposed on request, leading dimensions broadcast → `[…, m, n]`.
 */
export const matrixProducts: readonly ((stock: KernelFunc) => WasmKernel)[] = [
  (stock) => ({
    name: BatchMatMul,
    run(call) {
      const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo }
      if (a.dtype === 'float32' && b.dtype === 'float32') return guarded(BatchMatMul, stock, call)
      return withWorkspace(call.backend, (workspace) => integerProduct(workspace, a, b, call))
    },
  }),
  (stock) => ({ name: _FusedMatMul, run: (call) => guarded(_FusedMatMul, stock, call) }),
]

function guarded(name: string, stock: KernelFunc, call: KernelCall): TensorInfo | TensorInfo[] {
  const packedBytes = 4 * 8 * Math.ceil(util.sizeFromShape(call.inputs['b']!.shape) / 8)
  HeapGuard.of(call.backend).reserve(name, packedBytes)
  return stock({ ...call })
}

function integerProduct(workspace: Workspace, a: TensorInfo, b: TensorInfo, { attrs }: KernelCall): TensorInfo {
  const left = matrices(a, Boolean(attrs['transposeA']))
  const right = matrices(b, Boolean(attrs['transposeB']))
  const batch = broadcast_util.assertAndGetBroadcastShape(left.batch, right.batch)
  const product = workspace.allocate([...batch, left.rows, right.columns], 'int32')
  const target = workspace.values(product)
  const leftValues = workspace.values(a)
  const rightValues = workspace.values(b)
  let at = 0
  for (let n = 0; n < util.sizeFromShape(batch); n++) {
    const leftStart = broadcastOffset(n, batch, left)
    const rightStart = broadcastOffset(n, batch, right)
    for (let row = 0; row < left.rows; row++) {
      for (let column = 0; column < right.columns; column++) {
        let sum = 0
        for (let i = 0; i < left.columns; i++) {
          const l = leftValues[leftStart + row * left.rowStep + i * left.columnStep]!
          const r = rightValues[rightStart + i * right.rowStep + column * right.columnStep]!
          sum = (sum + Math.imul(l, r)) | 0
        }
        target[at++] = sum
      }
    }
  }
  return workspace.keep(product)
}

interface Matrices {
  readonly batch: number[]
  readonly rows: number
  readonly columns: number
  readonly rowStep: number
  readonly columnStep: number
}

function matrices({ shape }: TensorInfo, transpose: boolean): Matrices {
  const [height, width] = shape.slice(-2) as [number, number]
  const batch = shape.slice(0, -2)
  return transpose
    ? { batch, rows: width, columns: height, rowStep: 1, columnStep: width }
    : { batch, rows: height, columns: width, rowStep: width, columnStep: 1 }
}

/** Where the n-th matrix of a broadcast batch starts in an operand. */
function broadcastOffset(n: number, batch: readonly number[], { batch: own, rows, columns }: Matrices): number {
  let rest = n
  let step = rows * columns
  let offset = 0
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    const place = rest % batch[axis]!
    rest = Math.floor(rest / batch[axis]!)
    const size = own[axis - (batch.length - own.length)] ?? 1
    if (size > 1) offset += place * step
    step *= size
  }
  return offset
}
