import type { AreaRange } from './area-ranges.js'
import type { PrecisionCurves } from './precision-curve.js'

/** COCO's twelve numbers, each 0..1, or −1 where there is nothing to find. */
export interface CocoSummary {
  readonly averagePrecision: number
  readonly averagePrecision50: number
  readonly averagePrecision75: number
  readonly averagePrecisionSmall: number
  readonly averagePrecisionMedium: number
  readonly averagePrecisionLarge: number
  /** With the smallest, middle and largest number of detections per image (1, 10, 100 by default). */
  readonly averageRecallFew: number
  readonly averageRecallSome: number
  readonly averageRecallMany: number
  readonly averageRecallSmall: number
  readonly averageRecallMedium: number
  readonly averageRecallLarge: number
}

/**
 * What {@link evaluateCoco} found: precision at 10 IoU thresholds (0.5…0.95) × 101 recalls, and the recall reached,
 * for every class, size and number of detections.
 */
export class CocoEvaluation {
  readonly iouThresholds = evenlySpaced(0.5, 0.95, 10)
  readonly recallThresholds = evenlySpaced(0, 1, 101)
  /** Class ids, or one null when classes did not count. */
  readonly classes: readonly (number | null)[]
  readonly areaRanges: readonly AreaRange[]
  readonly maxDetections: readonly number[]
  readonly #curves: (PrecisionCurves | undefined)[]

  constructor(classes: readonly (number | null)[], areaRanges: readonly AreaRange[], maxDetections: readonly number[]) {
    this.classes = classes
    this.areaRanges = areaRanges
    this.maxDetections = maxDetections
    this.#curves = Array(classes.length * areaRanges.length * maxDetections.length)
  }

  /** Stores the curves of one class, size and number of detections, by their indices. */
  set(classIndex: number, areaIndex: number, limitIndex: number, curves: PrecisionCurves | undefined): void {
    this.#curves[this.#at(classIndex, areaIndex, limitIndex)] = curves
  }

  /** The curves of one class, size and number of detections, by their indices; undefined where there is nothing to find. */
  curves(classIndex: number, areaIndex: number, limitIndex: number): PrecisionCurves | undefined {
    return this.#curves[this.#at(classIndex, areaIndex, limitIndex)]
  }

  /** Mean precision over recalls, thresholds and classes; −1 where there is nothing to find. */
  averagePrecision(selection: CocoSelection = {}): number {
    return this.#mean(selection, ({ precision }, row) => {
      const length = this.recallThresholds.length
      return precision.subarray(row * length, (row + 1) * length)
    })
  }

  /** Mean over thresholds and classes of the recall reached; −1 where there is nothing to find. */
  averageRecall(selection: CocoSelection = {}): number {
    return this.#mean(selection, ({ recall }, row) => recall.subarray(row, row + 1))
  }

  /** The twelve numbers that the COCO API prints. */
  get summary(): CocoSummary {
    const [few, some, many] = [this.maxDetections[0], this.maxDetections[1], this.maxDetections.at(-1)]
    return {
      averagePrecision: this.averagePrecision(),
      averagePrecision50: this.averagePrecision({ iou: 0.5 }),
      averagePrecision75: this.averagePrecision({ iou: 0.75 }),
      averagePrecisionSmall: this.averagePrecision({ area: 'small' }),
      averagePrecisionMedium: this.averagePrecision({ area: 'medium' }),
      averagePrecisionLarge: this.averagePrecision({ area: 'large' }),
      averageRecallFew: this.averageRecall({ maxDetections: few }),
      averageRecallSome: this.averageRecall({ maxDetections: some }),
      averageRecallMany: this.averageRecall({ maxDetections: many }),
      averageRecallSmall: this.averageRecall({ area: 'small' }),
      averageRecallMedium: this.averageRecall({ area: 'medium' }),
      averageRecallLarge: this.averageRecall({ area: 'large' }),
    }
  }

  #mean(selection: CocoSelection, values: (curves: PrecisionCurves, row: number) => Float64Array): number {
    const area = this.areaRanges.findIndex(({ name }) => name === (selection.area ?? 'all'))
    const limit = this.maxDetections.indexOf(selection.maxDetections ?? this.maxDetections.at(-1) ?? 0)
    const rows = [...this.iouThresholds.keys()].filter((row) => wants(selection.iou, this.iouThresholds[row]))
    let sum = 0
    let count = 0
    for (const c of this.classes.keys()) {
      const curves = area === -1 || limit === -1 ? undefined : this.curves(c, area, limit)
      if (curves === undefined) continue
      for (const row of rows) {
        for (const value of values(curves, row)) {
          sum += value
          count++
        }
      }
    }
    return count === 0 ? -1 : sum / count
  }

  #at(classIndex: number, areaIndex: number, limitIndex: number): number {
    return (classIndex * this.areaRanges.length + areaIndex) * this.maxDetections.length + limitIndex
  }
}

/** Part of an evaluation; everything by default. */
export interface CocoSelection {
  /** One IoU threshold: 0.5, 0.55, … 0.95. Default: the mean over all. */
  readonly iou?: number
  /** Name of a size. Default `'all'`. */
  readonly area?: string
  /** Detections per image, one of those evaluated. Default: the most. */
  readonly maxDetections?: number
}

function wants(iou: number | undefined, threshold: number): boolean {
  return iou === undefined || Math.abs(iou - threshold) < 1e-9
}

/** As numpy's `linspace`, to the last bit: the thresholds decide ties. */
function evenlySpaced(from: number, to: number, count: number): Float64Array {
  const step = (to - from) / (count - 1)
  return Float64Array.from({ length: count }, (_, i) => (i === count - 1 ? to : i * step + from))
}
