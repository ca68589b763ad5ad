import { type AxisMap, describeModel, type LayerDescription, type Shape, type SpatialMap } from '@pixelwise/core'
import type { GraphNode } from '@pixelwise/visuals'
import { grouped, short } from '../output/numbers.js'
import { type Column, table } from '../output/table.js'
import type { FoundNet } from './find-net.js'

/** Everything that `pixelwise inspect` says about a net, as plain data. */
export interface Inspection {
  readonly name: string
  /** Height and width of the image, or null where they are free. */
  readonly input: readonly [height: number, width: number] | null
  readonly layers: readonly LayerDescription[]
  readonly totals: { readonly parameters: number; readonly multiplyAdds: number }
  readonly nodes: readonly GraphNode[]
}

/** Looks a net over, for images of the given size or of any. */
export function inspection({ name, model, layers }: FoundNet, input?: readonly [number, number]): Inspection {
  const rows = describeModel(model, { layers, inputSize: input })
  return {
    name,
    input: input ?? null,
    layers: rows,
    totals: {
      parameters: rows.reduce((sum, row) => sum + row.parameters, 0),
      multiplyAdds: rows.reduce((sum, row) => sum + row.multiplyAdds, 0),
    },
    nodes: rows.map((row) => ({
      id: row.name,
      type: kindOf(row),
      shape: shapeText(row.shape),
      inputs: row.inputs,
    })),
  }
}

const columns: readonly Column[] = [
  { heading: 'layer' },
  { heading: 'kind' },
  { heading: 'output', align: 'right' },
  { heading: 'parameters', align: 'right' },
  { heading: 'multiply-adds', align: 'right' },
  { heading: 'sees', align: 'right' },
  { heading: 'stride', align: 'right' },
  { heading: 'offset', align: 'right' },
  { heading: 'inputs' },
]

/** The inspection as a table and its totals. */
export function inspectionText({ name, layers, totals }: Inspection): string {
  const rows = layers.map((row, i) => [
    row.name,
    kindOf(row),
    shapeText(row.shape),
    row.parameters === 0 ? '' : grouped(row.parameters),
    row.multiplyAdds === 0 ? '' : short(row.multiplyAdds),
    ...geometryCells(row.receptiveField),
    follows(row, layers[i - 1]) ? '' : row.inputs.join(', '),
  ])
  const sums = [`${grouped(totals.parameters)} parameters`]
  if (Number.isFinite(totals.multiplyAdds)) sums.push(`${short(totals.multiplyAdds)} multiply-adds per image`)
  return `${table(columns, rows)}\n\n${name}: ${layers.length} layers, ${sums.join(', ')}`
}

/** The class name without its publisher: `Pixelwise>Convolution` → `Convolution`. */
function kindOf({ className }: LayerDescription): string {
  return className.replace(/^.*>/, '')
}

/** Height × width × channels; a size that is free is a question mark. */
function shapeText(shape: Shape): string {
  return shape
    .slice(1)
    .map((size) => size ?? '?')
    .join('×')
}

function geometryCells(map: SpatialMap | null): string[] {
  if (map === null) return ['–', '–', '–']
  const cell = (value: (axis: AxisMap) => number) => {
    const [rows, columns] = [value(map.rows), value(map.columns)].map((number) =>
      String(Math.round(number * 1e4) / 1e4),
    )
    return rows === columns ? rows : `${rows}×${columns}`
  }
  return [cell((axis) => axis.kernel), cell((axis) => axis.stride), cell((axis) => axis.offset)]
}

/** True for a layer that simply takes what the line above gives. */
function follows({ inputs }: LayerDescription, above: LayerDescription | undefined): boolean {
  return inputs.length === 0 || (inputs.length === 1 && inputs[0] === above?.name)
}
