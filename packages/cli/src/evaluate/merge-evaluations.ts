import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { ConfusionMatrix, type ConfusionMatrixJSON } from '@pixelwise/metrics'
import type { Evaluation } from './evaluate-folders.js'

/**
 * Joins what `evaluate --json` printed for parts of a data set: counts add up, so that the scores are those of the whole,
 * exactly.
 *
 * Throws `evaluate/not-an-evaluation` for a file of another kind, `evaluate/part-twice` for one that is named twice, and
 * `metrics/classes-differ`.
 */
export async function mergeEvaluations(files: readonly string[]): Promise<Evaluation> {
  refuseTwice(files)
  const [first, ...others] = files
  let merged = await readPart(first)
  for (const file of others) merged = withPart(merged, await readPart(file), file)
  return merged
}

function withPart(merged: Evaluation, part: Evaluation, file: string): Evaluation {
  requireSameIgnore(merged.matrix, part.matrix, file)
  return { ...merged, matrix: merged.matrix.merge(part.matrix), images: merged.images + part.images }
}

async function readPart(file: string): Promise<Evaluation> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw notAnEvaluation(file, `cannot be read (${cause.code ?? cause})`, cause)
  })
  let json: { readonly images?: unknown; readonly confusion?: ConfusionMatrixJSON }
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw notAnEvaluation(file, 'is not JSON', cause)
  }
  if (typeof json?.confusion !== 'object' || !Number.isInteger(json.images)) {
    throw notAnEvaluation(file, 'has no images and confusion')
  }
  return { matrix: ConfusionMatrix.fromJSON(json.confusion), images: Number(json.images), unpredicted: 0 }
}

function requireSameIgnore(a: ConfusionMatrix, b: ConfusionMatrix, file: string): void {
  if (a.ignoreLabel === b.ignoreLabel) return
  throw new PixelwiseError('evaluate/other-ignore', {
    what: `${file} ignores label ${b.ignoreLabel ?? 'none'}, the parts before it ${a.ignoreLabel ?? 'none'}`,
    rule: 'parts of one evaluation leave out the same pixels',
    next: 'evaluate the parts with the same --ignore',
  })
}

function refuseTwice(files: readonly string[]): void {
  const paths = files.map((file) => resolve(file))
  const file = files.find((_, i) => paths.indexOf(paths[i]) !== i)
  if (file === undefined) return
  throw new PixelwiseError('evaluate/part-twice', {
    what: `${file} is named twice`,
    rule: 'each part counts once',
    next: 'leave one out',
  })
}

function notAnEvaluation(file: string, what: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('evaluate/not-an-evaluation', {
    what: `${file} ${what}`,
    rule: 'parts are what "pixelwise evaluate --json" prints',
    next: 'check the path, or evaluate this part again',
    cause,
  })
}
