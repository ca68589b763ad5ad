import type { LoweredGraph } from '../onnx/lower-graph.js'
import type { OnnxValue } from '../onnx/onnx-graph.js'

const axesOfMaps = ['batch', 'height', 'width', 'channels']

/**
 * The inputs and outputs of a graph with a name in place of each length that differs between the samples. Equal lengths
 * have equal names: the score map of a net bears the height and width of its image.
 */
export function freeLengths(samples: readonly LoweredGraph[]): { inputs: OnnxValue[]; outputs: OnnxValue[] } {
  const byColumn = new Map<string, string>()
  const taken = new Set<string>()
  const named = (kind: 'inputs' | 'outputs') =>
    samples[0].onnx[kind].map((value, i) => ({
      ...value,
      shape: value.shape.map((length, axis) => {
        const column = samples.map(({ onnx }) => onnx[kind][i].shape[axis])
        if (column.every((each) => each === length)) return length
        const known = byColumn.get(column.join())
        if (known !== undefined) return known
        const plain = axisName(axis, value.shape.length)
        const name = taken.has(plain) ? `${value.name}_${plain}` : plain
        taken.add(name)
        byColumn.set(column.join(), name)
        return name
      }),
    }))
  return { inputs: named('inputs'), outputs: named('outputs') }
}

function axisName(axis: number, rank: number): string {
  return axis === 0 || rank === 4 ? axesOfMaps[axis] : `length_${axis}`
}
