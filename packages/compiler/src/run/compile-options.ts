import { PixelwiseError } from '@pixelwise/masks/shared'
import type { KernelRegistry } from '../kernels/kernel-definition.js'
import type { LowerOptions } from '../onnx/lower-graph.js'
import type { ConvolutionChoice } from '../onnx/lowering-context.js'
import type { SessionOptions } from './onnx-runtime.js'
import type { SessionMaker } from './session.js'

export interface CompileOptions extends SessionOptions {
  /** Whether Winograd's convolution may be used: where it is faster (`auto`, the default), nowhere (`direct`), or wherever it is possible. */
  readonly convolution?: ConvolutionChoice
  readonly kernels?: KernelRegistry
  /**
   * How many sizes of inputs stay compiled where one session cannot serve all of them; the one used longest ago makes
   * room. Default 4, and 2 in training, where each keeps the memory that a step takes.
   */
  readonly cachedSizes?: number
  /** Whether one session may serve all sizes of inputs. Default true. Prediction only. */
  readonly freeSizes?: boolean
  /**
   * Whether the borders of maps that are the same for all images of a size are computed once per size, not with every
   * image, where that pays: in nets that pad their images. In training, whether equal rows and columns of such borders are
   * computed once per step. Default true.
   */
  readonly reuseBorders?: boolean
  /** How sessions for prediction are made; `mappedSessions` of `@pixelwise/compiler/node` keeps their weights in files. */
  readonly sessions?: SessionMaker
}

/** The same options, by who reads them. */
export interface SortedOptions {
  readonly lowering: Pick<LowerOptions, 'kernels' | 'convolution'>
  readonly session: SessionOptions
  /** Likewise, with how sessions are made. */
  readonly predicting: SessionOptions & { readonly sessions?: SessionMaker }
  readonly cachedSizes: number | undefined
  readonly freeSizes: boolean
  readonly reuseBorders: boolean
}

/** Throws `engine/bad-option` for a number of sizes that makes no sense. */
export function sortOptions(options: CompileOptions): SortedOptions {
  const { convolution, kernels, cachedSizes, freeSizes = true, reuseBorders = true, sessions, ...session } = options
  if (cachedSizes !== undefined && !(Number.isInteger(cachedSizes) && cachedSizes >= 1)) {
    throw new PixelwiseError('engine/bad-option', {
      what: `cachedSizes is ${cachedSizes}`,
      rule: 'it must be a whole number of at least 1: the size in use stays compiled',
      next: 'pass another number, or leave it out',
    })
  }
  return {
    lowering: { ...(kernels !== undefined && { kernels }), ...(convolution !== undefined && { convolution }) },
    session,
    predicting: { ...session, ...(sessions !== undefined && { sessions }) },
    cachedSizes,
    freeSizes,
    reuseBorders,
  }
}
