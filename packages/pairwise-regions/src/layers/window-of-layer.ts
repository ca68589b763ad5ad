import type { Shape } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { windowOfChannels } from '../ops/pair-channels.js'

/**
 * The window R of pairs `[N, H, W, R·R]` that a layer is put on.
 *
 * Throws `layer/wrong-rank` where the channels are not known or no square, and `layer/bad-config` where the origin, if
 * one is given, is no cell of the window.
 */
export function windowOfLayer(layer: string, input: Shape, origin?: number): number {
  const channels = input.length === 4 ? input[3] : null
  const window = channels === null ? undefined : windowOfChannels(channels)
  if (window === undefined) {
    throw new PixelwiseError('layer/wrong-rank', {
      what: `${layer}: an input of shape [${input.map((size) => size ?? 'null').join(', ')}]`,
      rule: 'expected [N, H, W, R·R]: the channels are the cells of a square window',
      next: 'end the convolution before it with R·R filters',
    })
  }
  if (origin === undefined || (Number.isInteger(origin) && origin >= 0 && origin < window)) return window
  throw new PixelwiseError('layer/bad-config', {
    what: `${layer}: origin ${origin} in a window of ${window}×${window}`,
    rule: `the origin is a cell of the window, from 0 to ${window - 1}`,
    next: `leave it out for the centre, ${Math.floor(window / 2)}`,
  })
}
