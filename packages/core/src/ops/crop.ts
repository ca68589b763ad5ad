import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkWhole } from './checks.js'
import type { Pair } from './window.js'

/**
 * Cuts `[height, width]` cells out of maps, starting at `[top, left]`.
 *
 * Shapes: x `[N, H, W, C]` → `[N, height, width, C]` float32. The caller disposes the result.
 * Throws `crop/wrong-rank`, `crop/bad-option`, and `crop/does-not-fit` when offset + size exceeds the map.
 * Source: Caffe's Crop layer on axis 2.
 */
export function crop(x: tf.Tensor4D, [top, left]: Pair, [height, width]: Pair): tf.Tensor4D {
  checkRank('crop', 'x', x, 'N, H, W, C')
  checkWhole('crop', 'offset', [top, left], 0)
  checkWhole('crop', 'size', [height, width], 1)
  if (top + height > x.shape[1] || left + width > x.shape[2]) {
    throw new PixelwiseError('crop/does-not-fit', {
      what: `crop: ${height}×${width} at offset ${top},${left} sticks out of ${x.shape[1]}×${x.shape[2]}`,
      rule: 'offset and size together must stay inside the map',
      next: 'set pad of the backbone higher (net.pad in a configuration; the published FCNs have pad 100), or solve the offset from the geometry of the net',
    })
  }
  return tf.slice(x, [0, top, left, 0], [-1, height, width, -1])
}
