import * as tf from '@tensorflow/tfjs-core'

type KernelArguments = Parameters<tf.KernelFunc>[0]
type Pair = readonly [rows: number, columns: number]

/** Less than every value of a map, yet a number on every backend. */
const lowest = -3.4028234663852886e38

/**
 * Makes a GPU backend send a maximum's gradient to the first of several equal cells, as the other backends and Caffe
 * do; tfjs's own WebGL and WebGPU kernels take the last. Their kernel runs on the map turned by half a turn, where the
 * last is the first.
 */
export function letFirstMaximumWin(backendName: 'webgl' | 'webgpu'): void {
  const stock = tf.getKernel(tf.MaxPoolGrad, backendName)
  tf.unregisterKernel(tf.MaxPoolGrad, backendName)
  tf.registerKernel({ ...stock, kernelFunc: (call) => tf.tidy(() => turned(stock.kernelFunc, call)) })
}

function turned(kernel: tf.KernelFunc, { inputs, attrs, backend }: KernelArguments): tf.Tensor {
  const { dy, input, output } = inputs as { [name: string]: tf.TensorInfo } // the engine passes all three
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as tf.MaxPoolGradAttrs
  const shape = input.shape as [number, number, number, number]
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode)
  const corner: Pair = [info.padInfo.top, info.padInfo.left]
  const covered: Pair = [
    (info.outHeight - 1) * info.strideHeight + info.filterHeight,
    (info.outWidth - 1) * info.strideWidth + info.filterWidth,
  ]
  const gradient = kernel({
    inputs: { dy: turn(asTensor(dy)), input: turn(cut(asTensor(input), corner, covered, lowest)), output },
    attrs: { filterSize, strides, pad: 'valid' },
    backend,
  }) as tf.TensorInfo
  const uncut: Pair = [-corner[0], -corner[1]]
  return cut(turn(tf.engine().makeTensorFromTensorInfo(gradient) as tf.Tensor4D), uncut, [shape[1], shape[2]], 0)
}

function turn(map: tf.Tensor4D): tf.Tensor4D {
  return tf.reverse(map, [1, 2])
}

/** The window of a map that begins `before` cells before the map's first, filled where it leaves the map. */
function cut(map: tf.Tensor4D, before: Pair, size: Pair, fill: number): tf.Tensor4D {
  const axes = [0, 1].map((axis) => {
    const length = map.shape[axis + 1]
    const start = Math.max(0, -before[axis])
    const stop = Math.min(length, size[axis] - before[axis])
    return {
      start,
      kept: stop - start,
      padding: [Math.max(0, before[axis]), Math.max(0, size[axis] - before[axis] - length)],
    }
  })
  const [rows, columns] = axes
  const inside = tf.slice(map, [0, rows.start, columns.start, 0], [-1, rows.kept, columns.kept, -1])
  return tf.pad(inside, [[0, 0], rows.padding, columns.padding, [0, 0]] as [number, number][], fill) as tf.Tensor4D
}

/** The engine passes tensors to kernels, typed as what the kernels need of them. */
function asTensor(info: tf.TensorInfo): tf.Tensor4D {
  return info as tf.Tensor4D
}
