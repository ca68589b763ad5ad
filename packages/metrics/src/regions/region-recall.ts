import { PixelwiseError } from '@pixelwise/masks/shared'
import { type AreaRange, cocoAreaRanges } from '../coco/area-ranges.js'

/**
 * How well proposed regions cover the true ones: R@x, ABO and AR, all from the best IoU that each true region finds.
 *
 * One proposal may serve several true regions. Add images one by one; parts of a data set add up with `merge`.
 * Source: Long 2016, §4.4.5; AR: Hosang et al. 2015.
 *
 * @example
 * const recall = new RegionRecall({ limits: [10, 100] })
 * recall.add({ ious: maskIoUs(proposals, truths), areas: truths.map(maskArea) }) // proposals best first
 * recall.averageRecall({ limit: 100 })
 */
export class RegionRecall {
  readonly limits: readonly number[]
  readonly areaRanges: readonly AreaRange[]
  readonly #areas: number[] = []
  /** Best IoU of every true region, one list per limit. */
  readonly #best: number[][]

  constructor({ limits = [10, 100, 1000], areaRanges = cocoAreaRanges }: RegionRecallOptions = {}) {
    this.limits = [...limits]
    this.areaRanges = areaRanges
    this.#best = limits.map(() => [])
  }

  /** True regions so far. */
  get count(): number {
    return this.#areas.length
  }

  /** Adds one image. Throws `regions/bad-matrix` when the matrix does not fit the areas. */
  add({ ious, areas }: ImageRegions): this {
    const truths = areas.length
    if (truths === 0) return this
    if (ious.length % truths !== 0) {
      throw new PixelwiseError('regions/bad-matrix', {
        what: `${ious.length} IoUs for ${truths} true regions`,
        rule: 'there is one row per proposal with one IoU per true region',
        next: 'pass maskIoUs(proposals, truths) and the areas of the same truths',
      })
    }
    const proposals = ious.length / truths
    for (let t = 0; t < truths; t++) {
      this.#areas.push(areas[t])
      this.limits.forEach((limit, l) => {
        let best = 0
        for (let p = 0; p < Math.min(limit, proposals); p++) best = Math.max(best, ious[p * truths + t])
        this.#best[l].push(best)
      })
    }
    return this
  }

  /** Adds what was found on other images with the same limits. */
  merge(other: RegionRecall): this {
    if (this.limits.join() !== other.limits.join()) {
      throw new PixelwiseError('regions/limits-differ', {
        what: `cannot merge recalls of ${this.limits.join(', ')} and of ${other.limits.join(', ')} proposals`,
        rule: 'both must count the same numbers of proposals',
        next: 'build both with the same limits',
      })
    }
    this.#areas.push(...other.#areas)
    this.#best.forEach((list, l) => {
      list.push(...other.#best[l])
    })
    return this
  }

  /** R@x: share of true regions that some proposal matches with IoU ≥ x; NaN without true regions. */
  recallAt(iou: number, selection: RecallSelection = {}): number {
    return mean(this.#select(selection).map((best) => (best >= iou - slack ? 1 : 0)))
  }

  /** ABO: mean of the best IoUs. */
  averageBestOverlap(selection: RecallSelection = {}): number {
    return mean(this.#select(selection))
  }

  /** AR: R@x averaged over all x from 0.5 to 1, exactly: the mean of 2·max(best − 0.5, 0). */
  averageRecall(selection: RecallSelection = {}): number {
    return mean(this.#select(selection).map((best) => 2 * Math.max(best - 0.5, 0)))
  }

  /**
   * AR on COCO's thresholds 0.5, 0.55, … 0.95, up to 0.1 above the exact value.
   *
   * The COCO API itself (`evaluateCoco`) gives every proposal to one true region only.
   */
  averageRecallOnThresholds(selection: RecallSelection = {}): number {
    return mean(cocoThresholds.map((iou) => this.recallAt(iou, selection)))
  }

  #select({ limit = Math.max(...this.limits), area = 'all' }: RecallSelection): number[] {
    const best = this.#best[this.limits.indexOf(limit)]
    const range = this.areaRanges.find(({ name }) => name === area)
    if (best === undefined || range === undefined) {
      const names = this.areaRanges.map(({ name }) => name)
      throw new PixelwiseError('regions/unknown-selection', {
        what: `recall of ${limit} proposals for regions of size "${area}"`,
        rule: `known: ${this.limits.join(', ')} proposals; sizes ${names.join(', ')}`,
        next: 'choose one of these, or name others when building the RegionRecall',
      })
    }
    return best.filter((_, i) => this.#areas[i] >= range.from && this.#areas[i] <= range.to)
  }
}

/** Limits and sizes that recall is asked for. */
export interface RegionRecallOptions {
  /** How many proposals per image may be used, best first. Default 10, 100, 1000; Infinity for all. */
  readonly limits?: readonly number[]
  /** Default: COCO's all, small, medium, large. */
  readonly areaRanges?: readonly AreaRange[]
}

/** The proposals and true regions of one image. */
export interface ImageRegions {
  /** IoU of every proposal (rows, best score first) with every true region, as `maskIoUs` returns them. */
  readonly ious: ArrayLike<number>
  /** Area of every true region, in pixels. */
  readonly areas: ArrayLike<number>
}

/** Which proposals and which sizes a recall looks at. */
export interface RecallSelection {
  /** One of the limits. Default: the largest. */
  readonly limit?: number
  /** Name of a size. Default `'all'`. */
  readonly area?: string
}

/** An IoU of 0.7 computed as a quotient may come out a little lower. */
const slack = 1e-12

const cocoThresholds = Array.from({ length: 10 }, (_, j) => (10 + j) / 20)

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
