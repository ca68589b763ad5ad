import { PixelwiseError } from '@pixelwise/core'
import { input, type LayersModel, model } from '@tensorflow/tfjs-layers'
import { DenseBlocks } from './dense-blocks.js'

/** Size and stride of an `atrousDenseNet`. */
export interface AtrousDenseNetOptions {
  readonly classes: number
  /** Layers of each block. Default 6, 12, 24, 16, as in DenseNet-121. */
  readonly layers?: readonly number[]
  /** Channels that each layer adds. Default 32. */
  readonly growth?: number
  /** Channels of the first convolution. Default 64. */
  readonly channels?: number
  /** By how much a transition reduces the channels, 0..1. Default 0.5. */
  readonly reduction?: number
  /** The convolution between two blocks. Default 1×1, dilated by 2, which for one cell says nothing: so it is published. */
  readonly transition?: { readonly kernel: number; readonly dilation: number }
  /** Default 0.2. */
  readonly dropout?: number
  /** Channels of the image. Default 3. */
  readonly inputChannels?: number
  /** Draws the first weights. Default 0. */
  readonly seed?: number
  readonly name?: string
}

/**
 * A DenseNet that never pools: dense blocks with bottlenecks at the image's own resolution, joined by convolutions that
 * may be dilated, trained from scratch.
 *
 * The model maps `[N, H, W, C]` images of any size to `[N, H, W, classes]` scores (logits), float32. Every cell of every
 * layer is a pixel: at full width an image of 320×320 takes gigabytes. Throws `fcn/bad-layers` and `fcn/bad-transition`.
 * Source: Keras-FCN, Atrous_DenseNet; Huang et al. 2017 for the blocks.
 */
export function atrousDenseNet({
  classes,
  layers: depths = [6, 12, 24, 16],
  growth = 32,
  channels = 64,
  reduction = 0.5,
  transition = { kernel: 1, dilation: 2 },
  dropout = 0.2,
  inputChannels = 3,
  seed = 0,
  name = 'atrous-densenet',
}: AtrousDenseNetOptions): LayersModel {
  checkDepths(depths)
  checkTransition(transition)
  const net = new DenseBlocks({ growth, dropout, seed, bottleneck: true, bias: false })
  const image = input({ shape: [null, null, inputChannels], name: 'data' })
  let x = net.convolve(image, 'conv0', { filters: channels, kernel: 3 })
  for (const [i, depth] of depths.entries()) {
    if (i > 0) {
      const filters = Math.max(1, Math.floor(x.shape[3]! * (1 - reduction)))
      x = net.convolve(net.activate(x, `transition${i}`), `transition${i}`, { filters, ...transition })
    }
    x = net.block(x, `block${i + 1}`, depth).all
  }
  const scores = net.convolve(net.activate(x, 'last'), 'score', { filters: classes, kernel: 1, bias: true })
  return model({ name, inputs: image, outputs: scores })
}

function checkDepths(depths: readonly number[]): void {
  if (depths.length >= 1 && depths.every((depth) => Number.isInteger(depth) && depth >= 1)) return
  throw new PixelwiseError('fcn/bad-layers', {
    what: `atrousDenseNet with layers ${JSON.stringify(depths)}`,
    rule: 'there are blocks, each of at least one layer',
    next: 'pass [6, 12, 24, 16] for the layers of DenseNet-121',
  })
}

function checkTransition({ kernel, dilation }: { readonly kernel: number; readonly dilation: number }): void {
  const fits = Number.isInteger(kernel) && kernel % 2 === 1 && Number.isInteger(dilation) && dilation >= 1
  if (fits && kernel >= 1) return
  throw new PixelwiseError('fcn/bad-transition', {
    what: `atrousDenseNet with transitions of kernel ${kernel}, dilated by ${dilation}`,
    rule: 'the kernel is an odd number of cells, so that the size stays, and the dilation a whole number, at least 1',
    next: 'pass { kernel: 1, dilation: 1 }, or { kernel: 3, dilation: 2 } for transitions that look around',
  })
}
