import { backend_util } from '@tensorflow/tfjs-core'
import type { Attributes, ValueInfo } from '../graph/kernel-graph.js'
import type { LoweringContext } from '../onnx/lowering-context.js'

/** How windows lie on a map, per axis: rows, then columns. */
export interface Windows {
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly dilation: readonly [number, number]
  /** Cells added before the first row and column. */
  readonly before: readonly [number, number]
  /** Cells added after the last; negative where the last window ends before the map does. */
  readonly after: readonly [number, number]
  readonly output: readonly [number, number]
}

/** What is added around a map or a volume, per axis. */
interface Sides {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

type Info = backend_util.Conv2DInfo

export function windowsOf(info: Info): Windows {
  const kernel = [info.filterHeight, info.filterWidth] as const
  const dilation = [info.dilationHeight, info.dilationWidth] as const
  const stride = [info.strideHeight, info.strideWidth] as const
  const output = [info.outHeight, info.outWidth] as const
  const before = [info.padInfo.top, info.padInfo.left] as const
  const input = [info.inHeight, info.inWidth]
  const after = (axis: 0 | 1) => {
    const reach = (output[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1
    return reach - input[axis] - before[axis]
  }
  return { kernel, stride, dilation, before, after: [after(0), after(1)], output }
}

/** `[kh, kw, Cin, Cout]` → ONNX's `[Cout, Cin, kh, kw]`; the same serves the transposed convolution. */
export const filterToOnnx = [3, 2, 0, 1]

/** Whether every window is one cell, and every cell a window. */
export function isPointwise({ kernel, stride, before, after }: Windows): boolean {
  return [...kernel, ...stride].every((cells) => cells === 1) && [...before, ...after].every((cells) => cells === 0)
}

/** Attributes of ONNX's Conv and pooling operators. */
export function windowAttributes(windows: Windows): Record<string, number[]> {
  const { kernel, stride, dilation } = windows
  return {
    kernel_shape: [...kernel],
    strides: [...stride],
    dilations: [...dilation],
    pads: padsOf(windows),
  }
}

/** Cells added at the beginnings of the axes, then at their ends; ONNX cannot take any off there. */
export function padsOf({ before, after }: Sides): number[] {
  return [...before, ...after.map((cells) => Math.max(0, cells))]
}

/** The convolution of dy that gives the gradient for x, where that is one: at stride 1, unless padding exceeds the taps. */
export function windowsOfGradient(windows: Windows): Windows | undefined {
  const { kernel, stride, dilation } = windows
  if (stride[0] !== 1 || stride[1] !== 1) return undefined
  const turned = (side: 'before' | 'after') => {
    const cells = (axis: 0 | 1) => (kernel[axis] - 1) * dilation[axis] - windows[side][axis]
    return [cells(0), cells(1)] as const
  }
  const [before, after] = [turned('before'), turned('after')]
  return [...before, ...after].every((cells) => cells >= 0) ? { ...windows, before, after } : undefined
}

/** Attributes of the ConvTranspose whose output has the size of the convolution's input. */
export function transposedAttributes(windows: Windows): Record<string, number[]> {
  return { ...windowAttributes(windows), output_padding: windows.after.map((cells) => Math.max(0, -cells)) }
}

/**
 * A transposed convolution of `[N, C, H, W]` with a filter in ONNX's order, whose output has the size of the convolution's
 * input. Padding that depends on the size of the map, or that differs from side to side, which not every reader of ONNX
 * files knows, is cut off behind it.
 */
export function spread(context: LoweringContext, dy: string, filter: string, windows: Windows, group: number): string {
  const { before, after } = windows
  const [, height, width] = context.output().shape
  const uneven = `${before}` !== `${after}`
  if (!(context.freeSizes || (context.portable && uneven)) || after.some((cells) => cells < 0)) {
    return context.emit('ConvTranspose', [dy, filter], { ...transposedAttributes(windows), group })
  }
  const attributes = transposedAttributes({ ...windows, before: [0, 0], after: [0, 0] })
  const whole = context.emit('ConvTranspose', [dy, filter], { ...attributes, group })
  const end = [before[0] + height, before[1] + width]
  return context.emit('Slice', [whole, ...[before, end, [2, 3]].map((cells) => context.integers(cells))])
}

/** Attributes of the Conv of x with dy, stride and dilation swapped, whose outputs are the taps of the filter. */
export function correlationAttributes(windows: Windows): Record<string, number[]> {
  const { stride, dilation, output } = windows
  return {
    kernel_shape: [...output],
    strides: [...dilation],
    dilations: [...stride],
    pads: padsOf(windows),
  }
}

/** Cells of the map that no window saw would appear as further taps. */
export function firstTaps(context: LoweringContext, value: string, { kernel, after }: Windows): string {
  if (after.every((cells) => cells >= 0)) return value
  const sizes = [0, 0, ...kernel]
  return context.emit('Slice', [
    value,
    context.integers([0, 0]),
    context.integers(sizes.slice(2)),
    context.integers([2, 3]),
  ])
}

/** Sizes of a convolution as tfjs computes them. */
export function convolutionInfo(
  x: readonly number[],
  filter: readonly number[],
  { strides, dilations, pad, dimRoundingMode, dataFormat = 'NHWC' }: Attributes,
  depthwise = false,
): Info {
  return backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations ?? 1, // tf.layers.depthwiseConv2d passes null
    pad,
    dimRoundingMode,
    depthwise,
    backend_util.convertConv2DDataFormat(dataFormat),
  )
}

/** Sizes of a pooling as tfjs computes them. */
export function poolingInfo({ shape }: ValueInfo, { filterSize, strides, pad, dimRoundingMode }: Attributes): Info {
  return backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  )
}

/** tfjs computes too few columns for filters of unequal sides where padding is a number; ONNX computes all. */
export function requireAllWindows(context: LoweringContext, { stride, after }: Windows): void {
  if (after.some((cells, axis) => cells <= -stride[axis])) context.refuse('fewer windows than find room')
}

/** Maps in `[N, C, H, W]` on the side of tfjs are rare, and nothing here makes them. */
export function requireChannelsLast(context: LoweringContext): void {
  if (context.attributes.dataFormat === 'NCHW') context.refuse('data format NCHW')
}
