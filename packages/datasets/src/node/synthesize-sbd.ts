import type { LabelMap } from '@pixelwise/masks'
import { encodeMat, matMatrix } from '../mat/mat-encode.js'
import type { MatValue } from '../mat/mat-value.js'
import type { Scene } from '../synthetic/scene.js'
import { listFile, type SynthesizeOptions, writeScenes } from './write-scenes.js'

/** Number of object classes of SBD, each with a cell of boundaries. */
const objectClasses = 20

/**
 * Writes synthetic scenes in SBD's layout, with a `classes.txt` that `openSbd` reads; class i of the scenes has label i,
 * outlines count as background because SBD has no void. Errors as `synthesizeVoc`.
 */
export async function synthesizeSbd(root: string, options: SynthesizeOptions = {}): Promise<void> {
  await writeScenes(root, options, {
    name: 'sbd',
    files: async ({ id, scene, jpeg }) => ({
      [`img/${id}.jpg`]: await jpeg(),
      [`cls/${id}.mat`]: encodeMat({ GTcls: classStruct(scene) }),
      [`inst/${id}.mat`]: encodeMat({ GTinst: instanceStruct(scene) }),
    }),
    lists: ({ train, val }, classes) => ({
      'train.txt': listFile(train),
      'val.txt': listFile(val),
      'classes.txt': listFile(classes),
    }),
  })
}

function classStruct({ labels, objects }: Scene): MatValue {
  const map = withoutVoid(labels)
  const present = [...new Set(objects.map(({ label }) => label))].sort((a, b) => a - b)
  return struct({
    Boundaries: cells(Array.from({ length: objectClasses }, (_, i) => boundary(map, i + 1))),
    Segmentation: matMatrix(map.height, map.width, map.labels, (length) => new Uint8Array(length)),
    CategoriesPresent: column(present),
  })
}

function instanceStruct({ instances, objects }: Scene): MatValue {
  const map = withoutVoid(instances)
  return struct({
    Boundaries: cells(objects.map(({ instance }) => boundary(map, instance))),
    Segmentation: matMatrix(map.height, map.width, map.labels, (length) => new Uint8Array(length)),
    Categories: column(objects.map(({ label }) => label)),
  })
}

function withoutVoid({ height, width, labels }: LabelMap<Uint8Array>): LabelMap<Uint8Array> {
  return { height, width, labels: labels.map((label) => (label === 255 ? 0 : label)) }
}

/** The pixels of a label that touch another label above, below, left or right, as a sparse matrix. */
function boundary({ height, width, labels }: LabelMap<Uint8Array>, label: number): MatValue {
  const rowIndices: number[] = []
  const columnStarts = [0]
  const differs = (row: number, column: number) =>
    row >= 0 && column >= 0 && row < height && column < width && labels[row * width + column] !== label
  for (let column = 0; column < width; column++) {
    for (let row = 0; row < height; row++) {
      if (labels[row * width + column] !== label) continue
      if (
        differs(row - 1, column) ||
        differs(row + 1, column) ||
        differs(row, column - 1) ||
        differs(row, column + 1)
      ) {
        rowIndices.push(row)
      }
    }
    columnStarts.push(rowIndices.length)
  }
  return {
    kind: 'sparse',
    shape: [height, width],
    rowIndices: Int32Array.from(rowIndices),
    columnStarts: Int32Array.from(columnStarts),
    data: new Float64Array(rowIndices.length).fill(1),
  }
}

function struct(record: Readonly<Record<string, MatValue>>): MatValue {
  return { kind: 'struct', shape: [1, 1], elements: [record] }
}

function cells(values: readonly MatValue[]): MatValue {
  return { kind: 'cell', shape: [values.length, 1], cells: values }
}

function column(values: readonly number[]): MatValue {
  return { kind: 'numeric', shape: [values.length, 1], data: Float64Array.from(values) }
}
