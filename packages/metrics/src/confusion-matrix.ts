import type { LabelMap } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { countPairs } from './count-pairs.js'

/**
 * Pixels by true class (rows) and predicted class (columns), summed over as many images as one likes.
 *
 * The four scores of semantic segmentation are all functions of this table (Long 2016, §3.5): pixel accuracy, mean
 * accuracy, mean IU and frequency weighted IU. Counts are exact up to 2^53 pixels. Matrices of parts of a data set
 * add up with `merge`.
 *
 * Pixels whose truth is the ignore label count nowhere. Any other label outside 0..classes−1 is an error, in truth
 * and prediction alike, unless `outOfRange: 'drop'` asks to leave such pixels out; they are then counted in `dropped`.
 *
 * @example
 * const matrix = new ConfusionMatrix({ classes: ['background', 'cat'] })
 * matrix.add(truth, prediction)
 * matrix.scores().meanIU
 */
export class ConfusionMatrix {
  readonly classNames: readonly string[]
  readonly ignoreLabel: number | null
  readonly outOfRange: 'error' | 'drop'
  /** Pixels of true class t predicted as p: `counts[t·classes + p]`. */
  readonly counts: Float64Array
  #ignored = 0
  #dropped = 0

  constructor({ classes, ignoreLabel = 255, outOfRange = 'error' }: ConfusionMatrixOptions) {
    this.classNames = typeof classes === 'number' ? numberedClasses(classes) : [...classes]
    if (this.classNames.length === 0) throw noClasses('an empty list of classes')
    if (this.classNames.length > mostClasses) throw noClasses(`${this.classNames.length} classes`)
    this.ignoreLabel = ignoreLabel
    this.outOfRange = outOfRange
    this.counts = new Float64Array(this.classNames.length ** 2)
  }

  /** How many classes there are. */
  get classes(): number {
    return this.classNames.length
  }

  /** Pixels left out because their truth is the ignore label. */
  get ignored(): number {
    return this.#ignored
  }

  /** Pixels left out because a label was out of range; always 0 unless `outOfRange` is `'drop'`. */
  get dropped(): number {
    return this.#dropped
  }

  /** Pixels in the table. */
  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }

  /**
   * Counts one image. A failing call leaves the matrix as it was.
   *
   * @param name what to call the image in an error, e.g. its file
   * Throws `metrics/size-mismatch` when the maps differ in size, `metrics/label-out-of-range` with position and value.
   */
  add(truth: LabelMap, prediction: LabelMap, name?: string): this {
    requireSameSize(truth, prediction, name)
    const { counts, ignored, firstOutOfRange, dropped } = countPairs(
      truth.labels,
      prediction.labels,
      this.classes,
      this.ignoreLabel,
    )
    if (dropped > 0 && this.outOfRange === 'error')
      throw this.#outOfRangeError(truth, prediction, firstOutOfRange, name)
    for (let i = 0; i < counts.length; i++) this.counts[i] += counts[i]
    this.#ignored += ignored
    this.#dropped += dropped
    return this
  }

  /** Adds another matrix of the same classes, e.g. one computed on another part of the data. */
  merge(other: ConfusionMatrix): this {
    const different = this.classNames.findIndex((name, i) => name !== other.classNames[i])
    if (different !== -1 || this.classes !== other.classes) {
      const at = different === -1 ? this.classes : different
      throw new PixelwiseError('metrics/classes-differ', {
        what: `cannot merge confusion matrices: class ${at} is ${quoted(this.classNames[at])} here and ${quoted(other.classNames[at])} there`,
        rule: 'both must have the same classes in the same order',
        next: 'build both with the same class list',
      })
    }
    for (let i = 0; i < this.counts.length; i++) this.counts[i] += other.counts[i]
    this.#ignored += other.ignored
    this.#dropped += other.dropped
    return this
  }

  /** Pixels per true class. */
  truthPixels(): Float64Array {
    return this.#perClass((t, p) => t * this.classes + p)
  }

  /** Pixels per predicted class. */
  predictedPixels(): Float64Array {
    return this.#perClass((p, t) => t * this.classes + p)
  }

  /** Share of each true class's pixels that were found, 0..1; NaN for a class absent from the truth. */
  classAccuracy(): Float64Array {
    const truth = this.truthPixels()
    return truth.map((pixels, c) => this.#correct(c) / pixels)
  }

  /**
   * Intersection over union of each class, 0..1; NaN where it is not defined.
   *
   * A class absent from truth and prediction is NaN under either rule; one absent from the truth but predicted is 0
   * under `'predicted-counts'` and NaN under `'truth-only'` ({@link AbsentClassRule}).
   */
  classIU(absentClasses: AbsentClassRule = 'predicted-counts'): Float64Array {
    const predicted = this.predictedPixels()
    return this.truthPixels().map((pixels, c) => {
      if (pixels === 0 && absentClasses === 'truth-only') return Number.NaN
      return this.#correct(c) / (pixels + predicted[c] - this.#correct(c))
    })
  }

  /**
   * The four scores, each 0..1; all NaN for an empty matrix.
   *
   * Source: Long 2016, §3.5; the reference code's scoring for `'predicted-counts'`.
   */
  scores(absentClasses: AbsentClassRule = 'predicted-counts'): Scores {
    const truth = this.truthPixels()
    const total = this.total
    const iu = this.classIU(absentClasses)
    let correct = 0
    let weighted = 0
    for (let c = 0; c < this.classes; c++) {
      correct += this.#correct(c)
      if (truth[c] > 0) weighted += (truth[c] / total) * iu[c]
    }
    return {
      pixelAccuracy: correct / total,
      meanAccuracy: meanOfDefined(this.classAccuracy()),
      meanIU: meanOfDefined(iu),
      frequencyWeightedIU: total === 0 ? Number.NaN : weighted,
    }
  }

  /** Everything, as plain data; `ConfusionMatrix.fromJSON` restores it exactly. */
  toJSON(): ConfusionMatrixJSON {
    return {
      classes: [...this.classNames],
      ignoreLabel: this.ignoreLabel,
      outOfRange: this.outOfRange,
      counts: this.classNames.map((_, t) => [...this.counts.subarray(t * this.classes, (t + 1) * this.classes)]),
      ignored: this.#ignored,
      dropped: this.#dropped,
    }
  }

  /** Throws `metrics/bad-json` when counts are not whole numbers ≥ 0 in a square table of the classes. */
  static fromJSON(json: ConfusionMatrixJSON): ConfusionMatrix {
    const matrix = new ConfusionMatrix(json)
    requireCounts('counts', json.counts, matrix.classes)
    json.counts.forEach((row, t) => {
      requireCounts(`counts[${t}]`, row, matrix.classes)
      row.forEach((count, p) => {
        requireCount(`counts[${t}][${p}]`, count)
      })
      matrix.counts.set(row, t * matrix.classes)
    })
    requireCount('ignored', json.ignored)
    requireCount('dropped', json.dropped)
    matrix.#ignored = json.ignored
    matrix.#dropped = json.dropped
    return matrix
  }

  #correct(c: number): number {
    return this.counts[c * this.classes + c]
  }

  #perClass(index: (c: number, other: number) => number): Float64Array {
    const sums = new Float64Array(this.classes)
    for (let c = 0; c < this.classes; c++) {
      for (let other = 0; other < this.classes; other++) sums[c] += this.counts[index(c, other)]
    }
    return sums
  }

  #outOfRangeError(truth: LabelMap, prediction: LabelMap, pixel: number, name?: string): PixelwiseError {
    const truthIsWrong = truth.labels[pixel] < 0 || truth.labels[pixel] >= this.classes
    const label = (truthIsWrong ? truth : prediction).labels[pixel]
    const position = `(${Math.floor(pixel / truth.width)}, ${pixel % truth.width})`
    const ignore = truthIsWrong && this.ignoreLabel !== null ? ` or ${this.ignoreLabel} (ignore)` : ''
    return new PixelwiseError('metrics/label-out-of-range', {
      what: `${truthIsWrong ? 'true' : 'predicted'} label ${label} at ${position}${name === undefined ? '' : ` of ${name}`}`,
      rule: `expected 0..${this.classes - 1}${ignore}`,
      next: `check the class list and the ignore label, or leave such pixels out with outOfRange: 'drop'`,
    })
  }
}

/** Classes, and what is done with labels that are none. */
export interface ConfusionMatrixOptions {
  /** The class names in label order, or how many classes there are. */
  readonly classes: number | readonly string[]
  /** True label of pixels that do not count; null for none. Default 255. */
  readonly ignoreLabel?: number | null
  /** What to do with labels that are neither a class nor ignored. Default `'error'`. */
  readonly outOfRange?: 'error' | 'drop'
}

/**
 * How mean IU treats a class that the truth does not contain.
 *
 * - `'predicted-counts'`: the reference code's way. A class that is predicted somewhere has IU 0 and lowers the mean;
 *   one that appears in neither map is left out.
 * - `'truth-only'`: the thesis's way (Long 2016, §3.5). The mean runs over the classes that occur in the truth; false
 *   predictions of other classes hurt only the classes they were taken from.
 *
 * The two agree when every predicted class occurs in the truth, as on whole data sets they usually do; on SIFT Flow,
 * and on single images, they do not.
 */
export type AbsentClassRule = 'predicted-counts' | 'truth-only'

/** The four scores of semantic segmentation, 0..1. */
export interface Scores {
  /** Share of pixels labelled right. */
  readonly pixelAccuracy: number
  /** Mean over classes of the share found; classes absent from the truth left out. */
  readonly meanAccuracy: number
  /** Mean over classes of intersection over union. */
  readonly meanIU: number
  /** Intersection over union weighted by how often each class truly occurs. */
  readonly frequencyWeightedIU: number
}

/** A confusion matrix as JSON. */
export interface ConfusionMatrixJSON {
  readonly classes: readonly string[]
  readonly ignoreLabel: number | null
  readonly outOfRange: 'error' | 'drop'
  /** One row per true class. */
  readonly counts: readonly (readonly number[])[]
  readonly ignored: number
  readonly dropped: number
}

/** A table of 800 MB; it grows with the square of the classes. */
const mostClasses = 10_000

function numberedClasses(count: number): string[] {
  if (!Number.isInteger(count) || count < 1 || count > mostClasses) throw noClasses(`${count} classes`)
  return Array.from({ length: count }, (_, c) => String(c))
}

function noClasses(what: string): PixelwiseError {
  return new PixelwiseError('metrics/no-classes', {
    what: `a confusion matrix of ${what}`,
    rule: `there must be a whole number of classes, at least 1 and at most ${mostClasses}`,
    next: 'pass the number of classes or the list of their names',
  })
}

function requireSameSize(truth: LabelMap, prediction: LabelMap, name?: string): void {
  const fits = truth.height === prediction.height && truth.width === prediction.width
  if (fits && truth.labels.length === prediction.labels.length) return
  throw new PixelwiseError('metrics/size-mismatch', {
    what: `truth is ${describeSize(truth)}, prediction is ${describeSize(prediction)}${name === undefined ? '' : ` of ${name}`}`,
    rule: 'both must label the same pixels',
    next: 'predict at the size of the image, or resize the prediction with nearest neighbour',
  })
}

function describeSize({ height, width, labels }: LabelMap): string {
  return `${height}×${width}${labels.length === height * width ? '' : ` (with ${labels.length} labels)`}`
}

function meanOfDefined(values: Float64Array): number {
  const defined = values.filter((value) => !Number.isNaN(value))
  return defined.reduce((sum, value) => sum + value, 0) / defined.length
}

function quoted(name: string | undefined): string {
  return name === undefined ? 'missing' : `"${name}"`
}

function requireCounts(where: string, list: readonly unknown[], length: number): void {
  if (Array.isArray(list) && list.length === length) return
  throw badJson(`${where} has ${Array.isArray(list) ? list.length : 'no'} entries`, `expected ${length}, one per class`)
}

function requireCount(where: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 0) return
  throw badJson(`${where} is ${count}`, 'expected a whole number ≥ 0')
}

function badJson(what: string, rule: string): PixelwiseError {
  return new PixelwiseError('metrics/bad-json', {
    what: `confusion matrix from JSON: ${what}`,
    rule,
    next: 'write the file again with JSON.stringify(matrix)',
  })
}
