import type { LabelData, LabelMap } from '@pixelwise/masks'
import { decodeMat } from '../mat/mat-decode.js'
import { type MatValue, matField, matLabels } from '../mat/mat-value.js'
import { readBytes } from './files.js'

/** Reads the variables of a MATLAB 5 file; errors name the path. */
export async function readMat(path: string): Promise<Record<string, MatValue>> {
  return decodeMat(await readBytes(path), { name: path })
}

/** Reads a label matrix of a MATLAB 5 file by the path of field names to it. */
export async function readMatLabels(
  path: string,
  field: readonly string[],
  relabel?: (value: number) => number,
): Promise<LabelMap<LabelData>> {
  return matLabels(matField(await readMat(path), field, path), path, relabel)
}
