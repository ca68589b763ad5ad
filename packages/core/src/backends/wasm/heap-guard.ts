import { PixelwiseError } from '@pixelwise/masks/shared'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'

/** A 32-bit address space. */
const addressableBytes = 2 ** 32

/** What C++ code may take unasked, for operators and threads; larger needs are reserved by the kernels. */
const margin = 2 ** 26

/**
 * Watches the heap of the wasm backend.
 *
 * tfjs writes to address zero when an allocation fails, and a tensor beyond 4 GiB wraps round to a small one: both
 * overwrite other tensors. With the guard, what does not fit throws `wasm/out-of-memory` and nothing is touched.
 */
export class HeapGuard {
  /** Bytes that tensors and reservations may take together. */
  limit = addressableBytes - margin

  private readonly sizes = new Map<number, number>()
  private live = 0
  private purpose: string | undefined

  private constructor(
    private readonly malloc: (bytes: number) => number,
    private readonly release: (address: number) => void,
  ) {}

  /** The guard of a backend, put in place on the first call. */
  static of(backend: BackendWasm): HeapGuard {
    const present = guards.get(backend)
    if (present) return present
    // tfjs leaves the two out of the type where @types/emscripten is missing.
    const wasm = backend.wasm as unknown as EmscriptenHeap
    // Emscripten replaces its exports on their first call; ours must come after that.
    wasm._free(wasm._malloc(8))
    const guard = new HeapGuard(wasm._malloc, wasm._free)
    wasm._malloc = (bytes) => guard.allocate(bytes)
    wasm._free = (address) => guard.free(address)
    const move = backend.move.bind(backend)
    backend.move = (dataId, values, shape, dtype, refCount) => {
      guard.doing(`a ${dtype} tensor of shape [${shape.join(', ')}]`, () =>
        move(dataId, values, shape, dtype, refCount),
      )
    }
    guards.set(backend, guard)
    return guard
  }

  /** Makes sure that the C++ code of a kernel finds this many bytes for itself. */
  reserve(kernelName: string, bytes: number): void {
    if (bytes < margin && this.live < this.limit / 2) return
    this.doing(`the scratch memory of ${kernelName}`, () => this.free(this.allocate(bytes)))
  }

  private doing(purpose: string, allocate: () => void): void {
    const outer = this.purpose
    this.purpose = purpose
    try {
      allocate()
    } finally {
      this.purpose = outer
    }
  }

  private allocate(bytes: number): number {
    if (this.live + bytes > this.limit) throw this.outOfMemory(bytes)
    const address = this.malloc(bytes) >>> 0
    if (address === 0) throw this.outOfMemory(bytes)
    this.sizes.set(address, bytes)
    this.live += bytes
    return address
  }

  private free(address: number): void {
    this.live -= this.sizes.get(address) ?? 0
    this.sizes.delete(address)
    this.release(address)
  }

  private outOfMemory(bytes: number): PixelwiseError {
    return new PixelwiseError('wasm/out-of-memory', {
      what: `${this.purpose ?? 'an allocation'} needs ${megabytes(bytes)} on the wasm backend`,
      rule: `${megabytes(this.largestFreeBlock())} of its ${megabytes(this.limit)} are free in one piece`,
      next: 'dispose tensors, use a smaller batch, cut the image into tiles, or use another backend',
    })
  }

  /** Found by trying, to a sixteenth of a megabyte. */
  private largestFreeBlock(): number {
    let fits = 0
    let bytes = Math.max(0, this.limit - this.live)
    let tooLarge = bytes + 1
    while (tooLarge - fits > 2 ** 16) {
      if (this.fits(bytes)) fits = bytes
      else tooLarge = bytes
      bytes = Math.ceil((fits + tooLarge) / 2)
    }
    return fits
  }

  private fits(bytes: number): boolean {
    const address = this.malloc(bytes) >>> 0
    if (address !== 0) this.release(address)
    return address !== 0
  }
}

interface EmscriptenHeap {
  _malloc(bytes: number): number
  _free(address: number): void
}

const guards = new WeakMap<BackendWasm, HeapGuard>()

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
