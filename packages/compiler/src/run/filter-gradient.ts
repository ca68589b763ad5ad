import { backend_util } from '@tensorflow/tfjs-core'
import type { KernelGraph, KernelNode } from '../graph/kernel-graph.js'
import type { OnnxGraph } from '../onnx/onnx-graph.js'
import type { OnnxRuntime, OnnxSession, SessionOptions } from './onnx-runtime.js'
import type { SessionMaker } from './session.js'

/** Elements of a piece: large enough for a fast matrix product, small enough for its memory to be used again at once. */
const pieceSize = 2 ** 21

/** The sizes of a convolution. */
export type Sizes = backend_util.Conv2DInfo

/** The sizes of the convolution behind a `Conv2DBackpropFilter`; undefined for those that cannot be cut. */
export function filterGradientSizes(node: KernelNode, { values }: KernelGraph): Sizes | undefined {
  if (node.kernel !== 'Conv2DBackpropFilter' || node.attributes.dataFormat === 'NCHW') return undefined
  const { strides, pad, dimRoundingMode, filterShape } = node.attributes
  return backend_util.computeConv2DInfo(
    values[node.inputs.x].shape as [number, number, number, number],
    // What tfjs passes to this kernel, as its own backends read it.
    filterShape as [number, number, number, number],
    strides as [number, number],
    1, // this kernel knows no dilations
    pad as 'valid',
    dimRoundingMode as 'floor' | undefined,
  )
}

/**
 * Computes the gradient of a large filter in pieces, `(x seen by a tap)ᵀ · dy`, and hands each on before the next.
 *
 * A gradient as large as fc6's (411 MB) would otherwise lie in memory twice, in the session and as its copy; a piece of
 * 8 MB is used while it is in the processor's cache.
 */
export class FilterGradients {
  readonly #runtime: OnnxRuntime
  readonly #session: OnnxSession

  private constructor(runtime: OnnxRuntime, session: OnnxSession) {
    this.#runtime = runtime
    this.#session = session
  }

  static async create(runtime: OnnxRuntime, make: SessionMaker, options: SessionOptions): Promise<FilterGradients> {
    return new FilterGradients(runtime, await make(productGraph, options))
  }

  /** `use` gets each piece with the place of its first element in `[kh, kw, Cin, Cout]`. */
  async inPieces(
    sizes: Sizes,
    x: Float32Array,
    dy: Float32Array,
    use: (piece: Float32Array, start: number) => void,
  ): Promise<void> {
    const { inChannels, outChannels, filterHeight, filterWidth } = sizes
    const cells = sizes.batchSize * sizes.outHeight * sizes.outWidth
    const gradient = new this.#runtime.Tensor('float32', dy, [cells, outChannels])
    const step = Math.max(1, Math.min(inChannels, Math.floor(pieceSize / outChannels)))
    const pieces = new Map(
      [step, inChannels % step].map((channels) => [channels, this.#piece(cells, channels, outChannels)]),
    )
    for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
      for (let channel = 0; channel < inChannels; channel += step) {
        const channels = Math.min(step, inChannels - channel)
        const piece = pieces.get(channels)
        if (piece === undefined) throw new Error(`no piece of ${channels} channels was made ready`)
        readSeen(sizes, x, { tap, channel, channels }, piece.seen.array)
        const results = await this.#session.run({ seen: piece.seen.tensor, gradient }, piece.results)
        use(results.piece.data as Float32Array, (tap * inChannels + channel) * outChannels) // as the graph says
      }
    }
  }

  /** Arrays of a piece, which are written again and again and so stay in the processor's cache. */
  #piece(cells: number, channels: number, filters: number) {
    const { Tensor, fillsResults } = this.#runtime
    const array = new Float32Array(cells * channels)
    const result = () => new Tensor('float32', new Float32Array(channels * filters), [channels, filters])
    return {
      seen: { array, tensor: new Tensor('float32', array, [cells, channels]) },
      results: { piece: fillsResults ? result() : null },
    }
  }

  async dispose(): Promise<void> {
    await this.#session.release()
  }
}

const productGraph: OnnxGraph = {
  name: 'filter_gradient',
  inputs: [
    { name: 'seen', shape: ['cells', 'channels'], type: 'float32' },
    { name: 'gradient', shape: ['cells', 'filters'], type: 'float32' },
  ],
  outputs: [{ name: 'piece', shape: ['channels', 'filters'], type: 'float32' }],
  initializers: [],
  nodes: [
    { operator: 'Gemm', name: 'product', inputs: ['seen', 'gradient'], outputs: ['piece'], attributes: { transA: 1 } },
  ],
}

/** Writes what one tap of the filter saw of some channels at every output cell; zeros beyond the map. */
function readSeen(
  sizes: Sizes,
  x: Float32Array,
  { tap, channel, channels }: { readonly tap: number; readonly channel: number; readonly channels: number },
  seen: Float32Array,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterWidth, padInfo } = sizes
  const row = Math.floor(tap / filterWidth) * sizes.dilationHeight - padInfo.top
  const column = (tap % filterWidth) * sizes.dilationWidth - padInfo.left
  let at = 0
  for (let n = 0; n < batchSize; n++) {
    for (let i = 0; i < outHeight; i++) {
      const y = i * sizes.strideHeight + row
      for (let j = 0; j < outWidth; j++, at += channels) {
        const z = j * sizes.strideWidth + column
        if (y < 0 || y >= inHeight || z < 0 || z >= inWidth) seen.fill(0, at, at + channels)
        else {
          const from = ((n * inHeight + y) * inWidth + z) * inChannels + channel
          for (let c = 0; c < channels; c++) seen[at + c] = x[from + c]
        }
      }
    }
  }
}
