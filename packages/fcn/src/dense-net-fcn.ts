import { PixelwiseError } from '@pixelwise/core'
import { input, type LayersModel, model } from '@tensorflow/tfjs-layers'
import { DenseBlocks } from './dense-blocks.js'

/** Depth, growth and start of a `denseNetFcn`. */
export interface DenseNetFcnOptions {
  readonly classes: number
  /** Layers of each block on the way down, then of the one in the middle. Default 4, 5, 7, 10, 12, 15. */
  readonly layers?: readonly number[]
  /** Channels that each layer adds. Default 16. */
  readonly growth?: number
  /** Channels of the first convolution. Default 48. */
  readonly channels?: number
  /** Default 0.2. */
  readonly dropout?: number
  /** Channels of the image. Default 3. */
  readonly inputChannels?: number
  /** Draws the first weights. Default 0. */
  readonly seed?: number
  readonly name?: string
}

/**
 * FC-DenseNet, the "hundred layers tiramisu": dense blocks down and up again, joined by skips, trained from scratch.
 *
 * A dense block's layers read all before them in the block. On the way down a block keeps its input, and a 2×2 max
 * pooling halves what comes out; on the way up what the last block added is enlarged by a transposed convolution, cut to
 * the skip and joined with it. The default is FC-DenseNet103.
 *
 * The model maps `[N, H, W, C]` images of any size, at least 2 to the power of the poolings, to `[N, H, W, classes]`
 * scores (logits), float32. Throws `fcn/bad-layers`.
 * Source: Jégou et al. 2017, Tables 1 and 2.
 */
export function denseNetFcn({
  classes,
  layers: depths = [4, 5, 7, 10, 12, 15],
  growth = 16,
  channels = 48,
  dropout = 0.2,
  inputChannels = 3,
  seed = 0,
  name = 'densenet-fcn',
}: DenseNetFcnOptions): LayersModel {
  checkDepths(depths)
  const net = new DenseBlocks({ growth, dropout, seed })
  const image = input({ shape: [null, null, inputChannels], name: 'data' })
  let x = net.convolve(image, 'conv0', { filters: channels, kernel: 3 })
  const downward = depths.slice(0, -1)
  const skips = downward.map((depth, i) => {
    const skip = net.block(x, `down${i + 1}`, depth).all
    x = net.halve(skip, `transition_down${i + 1}`)
    return skip
  })
  let added = net.block(x, 'middle', depths[depths.length - 1]).added
  for (let i = skips.length; i > 0; i--) {
    const joined = net.enlarge(added, skips[i - 1], `transition_up${i}`)
    const block = net.block(joined, `up${i}`, depths[i - 1])
    ;({ added } = block)
    x = block.all
  }
  return model({ name, inputs: image, outputs: net.convolve(x, 'score', { filters: classes, kernel: 1 }) })
}

function checkDepths(depths: readonly number[]): void {
  if (depths.length >= 2 && depths.every((depth) => Number.isInteger(depth) && depth >= 1)) return
  throw new PixelwiseError('fcn/bad-layers', {
    what: `denseNetFcn with layers ${JSON.stringify(depths)}`,
    rule: 'there are blocks on the way down and one in the middle, each of at least one layer',
    next: 'pass [4, 5, 7, 10, 12, 15] for FC-DenseNet103',
  })
}
