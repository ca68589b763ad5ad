import { PixelwiseError } from '@pixelwise/masks/shared'
import { backend_util, type NamedAttrMap } from '@tensorflow/tfjs-core'

/**
 * Sizes and pads of a 2-D convolution from a gradient kernel's attributes.
 *
 * Throws `wasm/channels-first` for NCHW, which no convolution of the wasm backend knows.
 */
export function channelsLastConvolution(
  kernelName: string,
  attrs: NamedAttrMap,
  inputShape: readonly number[],
  filterShape: readonly number[],
  depthwise = false,
): backend_util.Conv2DInfo {
  const dataFormat = (attrs['dataFormat'] as 'NHWC' | 'NCHW' | undefined) ?? 'NHWC'
  if (dataFormat !== 'NHWC') {
    throw new PixelwiseError('wasm/channels-first', {
      what: `${kernelName} on the wasm backend got data format ${dataFormat}`,
      rule: 'its convolutions take NHWC only',
      next: 'transpose to channels last before the convolution',
    })
  }
  return backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs['strides'] as number | [number, number],
    (attrs['dilations'] as number | [number, number] | undefined) ?? 1,
    explicitPad(attrs['pad'] as 'same' | 'valid' | number),
    attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
    depthwise,
  )
}

/** The pad of all four sides that a number stands for; tfjs derives output sizes rightly only from this form. */
export function explicitPad<T>(pad: T | number): T | backend_util.ExplicitPadding {
  if (typeof pad !== 'number') return pad
  return [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ]
}
