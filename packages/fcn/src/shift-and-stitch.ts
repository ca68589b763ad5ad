import { PixelwiseError } from '@pixelwise/core'
import { pad, reshape, slice, stack, type Tensor, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/** Strides of the net and of the result. */
export interface StitchOptions {
  /** Stride of the net's output. */
  readonly stride: number
  /** Stride of the result, which divides the net's. Default 1: a score for every pixel. */
  readonly outputStride?: number
  /** Which output of a net with several. Default: the last, the coarsest of a backbone. */
  readonly output?: number
}

/**
 * Dense scores from a coarse net: runs it on shifted images and interlaces what comes out.
 *
 * The image is shifted left and up by every multiple of `outputStride` below `stride`: (stride / outputStride)² runs. Cell
 * j of the result is centred at the net's first cell plus `j · outputStride`. The same net built with that `outputStride`
 * computes the same at once, by dilation: everywhere where no layer pads, and else in all cells whose receptive field
 * lies within the image, as padding moves with the shifted image.
 *
 * Shapes: images `[N, H, W, C]` → `[N, h, w, K]` float32. The caller disposes the result and keeps the images.
 * Throws `stitch/bad-stride`, and `stitch/too-small` for an image that does not hold all shifts.
 * Source: Long 2016, §3.2.2; Giusti et al. 2013; Sermanet et al. 2014.
 */
export function shiftAndStitch(model: LayersModel, images: Tensor4D, options: StitchOptions): Tensor4D {
  const { stride, outputStride = 1, output = model.outputs.length - 1 } = options
  const shifts = shiftsOf(stride, outputStride)
  const [, height, width] = images.shape
  checkSize(height, width, stride)
  return tidy(() => {
    const run = (top: number, left: number): Tensor4D => {
      const shifted = slice(images, [0, top, left, 0], [-1, height - top, width - left, -1])
      const outputs = [model.predict(shifted)].flat() as Tensor[]
      return outputs[output] as Tensor4D
    }
    const rows = shifts.map((top) =>
      interlace(
        shifts.map((left) => tidy(() => run(top, left))),
        2,
      ),
    )
    return interlace(rows, 1)
  })
}

/** One map whose rows (axis 1) or columns (axis 2) are those of the maps in turn; later maps may lack the last one. */
function interlace(maps: readonly Tensor4D[], axis: 1 | 2): Tensor4D {
  return tidy(() => {
    const longest = maps[0].shape[axis]
    const total = maps.reduce((sum, { shape }) => sum + shape[axis], 0)
    const padded = maps.map((map) => {
      const missing = longest - map.shape[axis]
      const after = (along: number): [number, number] => [0, along === axis ? missing : 0]
      return missing === 0 ? map : pad(map, [after(0), after(1), after(2), after(3)])
    })
    const [count, height, width, channels] = padded[0].shape
    const sized = (length: number): [number, number, number, number] =>
      axis === 1 ? [count, length, width, channels] : [count, height, length, channels]
    const joined: Tensor4D = reshape(stack(padded, axis + 1), sized(longest * maps.length))
    return slice(joined, [0, 0, 0, 0], sized(total))
  })
}

function shiftsOf(stride: number, outputStride: number): number[] {
  const isWhole = [stride, outputStride, stride / outputStride].every((n) => Number.isInteger(n) && n >= 1)
  if (isWhole) return Array.from({ length: stride / outputStride }, (_, i) => i * outputStride)
  throw new PixelwiseError('stitch/bad-stride', {
    what: `shift and stitch from stride ${stride} to ${outputStride}`,
    rule: 'both are whole numbers, and the second divides the first',
    next: 'pass the stride of the net’s output, and 1 for a score per pixel',
  })
}

function checkSize(height: number, width: number, stride: number): void {
  if (Math.min(height, width) > stride) return
  throw new PixelwiseError('stitch/too-small', {
    what: `an image of ${height}×${width} pixels to be shifted by up to ${stride - 1}`,
    rule: 'something of the image must be left after each shift',
    next: 'pad the image, or shift by less: pass a larger outputStride',
  })
}
