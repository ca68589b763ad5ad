import type { LoweringContext } from '../onnx/lowering-context.js'
import { isPointwise, type Windows } from './windows.js'

/**
 * The cells that each tap of a filter sees, one slice of a map per tap, row by row: values of the map's layout in the
 * first two axes, and of the output's size in the last two.
 */
export function seenByTaps(context: LoweringContext, map: string, windows: Windows): string[] {
  const { kernel, stride, dilation, before, after, output } = windows
  const around = [...before, ...after.map((cells) => Math.max(0, cells))]
  const padded = around.some((cells) => cells > 0)
    ? context.emit('Pad', [map, context.integers([0, 0, ...around.slice(0, 2), 0, 0, ...around.slice(2)])])
    : map
  if (isPointwise(windows)) return [map]
  const slices: string[] = []
  for (let row = 0; row < kernel[0]; row++) {
    for (let column = 0; column < kernel[1]; column++) {
      const from = [row * dilation[0], column * dilation[1]]
      const to = from.map((cell, axis) => cell + (output[axis] - 1) * stride[axis] + 1)
      slices.push(
        context.emit('Slice', [padded, ...[from, to, [2, 3], stride].map((cells) => context.integers(cells))]),
      )
    }
  }
  return slices
}

/** What every window of `[N, C, H, W]` sees, `[N, taps·C, windows]`, in the order of tfjs's filters. */
export function columnsOf(
  context: LoweringContext,
  map: string,
  [batch, , , channels]: readonly number[],
  windows: Windows,
): string {
  const slices = seenByTaps(context, map, windows)
  const stacked = slices.length === 1 ? slices[0] : context.emit('Concat', slices, { axis: 1 })
  return context.reshape(stacked, [batch, slices.length * channels, -1])
}
