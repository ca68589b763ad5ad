/** The numbers of one parameter, wherever they are stored. */
export interface CaffeBlob {
  /** Sizes as stored; legacy blobs always have four. */
  readonly shape: readonly number[]
  /** Number of values: the product of the sizes. */
  readonly count: number
  /** Copies the values from `first` on into `target`. */
  readInto(target: Float32Array, first: number): void
}

/** The parameters of one layer, in Caffe's order. */
export interface WeightLayer {
  readonly name: string
  /** The layer's type where the file says it; upgraded to today's names. */
  readonly type?: string
  readonly blobs: readonly CaffeBlob[]
}

/** Trained weights by layer: a caffemodel, an HDF5 file, or arrays in memory. */
export interface WeightSource {
  /** What a person would call it (a path). */
  readonly name: string
  /** How the file is written: `V0`, `V1`, `V2`, `HDF5`, … */
  readonly format: string
  readonly layers: readonly WeightLayer[]
}

/** All values of a blob. */
export function blobValues(blob: CaffeBlob): Float32Array {
  const values = new Float32Array(blob.count)
  blob.readInto(values, 0)
  return values
}

/** A blob whose values are in memory. */
export function arrayBlob(shape: readonly number[], values: Float32Array): CaffeBlob {
  return {
    shape,
    count: values.length,
    readInto: (target, first) => target.set(values.subarray(first, first + target.length)),
  }
}
