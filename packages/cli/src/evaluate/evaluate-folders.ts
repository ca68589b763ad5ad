import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { LabelData, LabelMap } from '@pixelwise/masks'
import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import { ConfusionMatrix } from '@pixelwise/metrics'
import { readClassNames } from './class-names.js'
import { labelFiles } from './label-files.js'

/** One label map and what it should be. */
export interface ScoredPair {
  readonly name: string
  readonly truth: LabelMap<LabelData>
  readonly prediction: LabelMap<LabelData>
  /** Where both were read. */
  readonly files: { readonly truth: string; readonly prediction: string }
}

export interface EvaluateFoldersOptions {
  readonly truth: string
  readonly predictions: string
  readonly classes: string
  readonly ignore: number | 'none'
  /** A text file with the names of those that count, one per line; all others are left alone. */
  readonly list?: string
  /** Called with each pair, until the next one is read. */
  readonly onPair?: (pair: ScoredPair) => Promise<void>
}

/** Predicted label maps counted against the true ones. */
export interface Evaluation {
  readonly matrix: ConfusionMatrix
  readonly images: number
  /** True label maps without a prediction. */
  readonly unpredicted: number
}

/**
 * Counts every label map in or below one folder against the one of the same path in or below another.
 *
 * Throws `evaluate/no-predictions`, `evaluate/no-truth` for a prediction without truth, `evaluate/ambiguous` for two
 * files of one name, `evaluate/not-predicted` for a listed name without prediction, `evaluate/empty-list`, and the errors
 * of reading and counting, which name the file.
 */
export async function evaluateFolders(
  options: EvaluateFoldersOptions,
  onProgress: (done: number, total: number) => void,
): Promise<Evaluation> {
  const matrix = new ConfusionMatrix({
    classes: await readClassNames(options.classes),
    ignoreLabel: options.ignore === 'none' ? null : options.ignore,
  })
  const listed = options.list === undefined ? undefined : await readList(options.list)
  if (listed?.size === 0) throw emptyList(options)
  const truths = only(listed, await labelFiles(options.truth))
  const predictions = only(listed, await labelFiles(options.predictions))
  for (const name of listed ?? []) if (!predictions.has(name)) throw notPredicted(name, options)
  if (predictions.size === 0) {
    throw new PixelwiseError('evaluate/no-predictions', {
      what: `${options.predictions} holds no label maps`,
      rule: 'label maps are .png or .npy files, in it or below it',
      next: 'check the path',
    })
  }
  const pairs = [...predictions].map(([name, file]) => ({
    name,
    file,
    truth: truthOf(name, file, truths, options.truth),
  }))
  for (const [done, { name, file, truth }] of pairs.entries()) {
    const files = { truth, prediction: file }
    const pair = { name, truth: await readLabelFile(truth), prediction: await readLabelFile(file), files }
    count(matrix, pair)
    await options.onPair?.(pair)
    onProgress(done + 1, pairs.length)
  }
  return { matrix, images: pairs.length, unpredicted: truths.size - pairs.length }
}

/** Labels that are no class are told with the options that say what is one. */
function count(matrix: ConfusionMatrix, { name, truth, prediction }: ScoredPair): void {
  try {
    matrix.add(truth, prediction, name)
  } catch (error) {
    if (!(error instanceof PixelwiseError) || error.code !== 'metrics/label-out-of-range') throw error
    const { code, what, rule } = error
    throw new PixelwiseError(code, { what, rule, next: 'check --classes and --ignore, and both folders', cause: error })
  }
}

async function readList(file: string): Promise<ReadonlySet<string>> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new PixelwiseError('evaluate/no-list', {
      what: `cannot read the list ${file} (${cause.code ?? cause})`,
      rule: 'it is a text file with one name per line',
      next: 'check the path',
      cause,
    })
  })
  return new Set(text.split(/\r?\n/).flatMap((line) => line.trim() || []))
}

function only(listed: ReadonlySet<string> | undefined, files: Map<string, string>): Map<string, string> {
  return listed === undefined ? files : new Map([...files].filter(([name]) => listed.has(name)))
}

function emptyList({ list }: EvaluateFoldersOptions): PixelwiseError {
  return new PixelwiseError('evaluate/empty-list', {
    what: `the list ${list} names nothing`,
    rule: 'it has one name per line',
    next: 'write the names into it, or leave --list out to score all',
  })
}

function notPredicted(name: string, { list, predictions }: EvaluateFoldersOptions): PixelwiseError {
  return new PixelwiseError('evaluate/not-predicted', {
    what: `${list} names "${name}", of which ${predictions} has no label map`,
    rule: 'what is listed is scored as a whole',
    next: 'predict it first, or take it off the list',
  })
}

function truthOf(name: string, file: string, truths: ReadonlyMap<string, string>, folder: string): string {
  const found = truths.get(name)
  if (found !== undefined) return found
  const near = nearestName(name, truths.keys())
  throw new PixelwiseError('evaluate/no-truth', {
    what: `${file} has no truth in ${folder}`,
    rule: `label maps pair up by name without ending, so "${name}.png" or "${name}.npy" should be there`,
    next: near === undefined ? 'check both folders' : `did you mean "${near}"?`,
  })
}

async function readLabelFile(path: string): Promise<LabelMap<LabelData>> {
  const { readLabels, readNpy } = await import('@pixelwise/datasets/node')
  if (extname(path).toLowerCase() === '.png') return readLabels(path)
  const { shape, data } = await readNpy(path)
  if (shape.length === 2 && !(data instanceof Float32Array || data instanceof Float64Array)) {
    return { height: shape[0], width: shape[1], labels: Int32Array.from(data) }
  }
  throw new PixelwiseError('evaluate/not-a-label-map', {
    what: `${path} holds ${data.constructor.name} of shape ${shape.join('×')}`,
    rule: 'a label map holds whole numbers, height × width of them',
    next: 'take the argmax over classes and save it as uint8',
  })
}
