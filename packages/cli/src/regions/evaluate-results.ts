import { readFile } from 'node:fs/promises'
import { maskArea, maskIoUs } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import {
  type CocoInstances,
  type CocoResult,
  cocoAreaRanges,
  cocoDetections,
  cocoTruths,
  evaluateCoco,
  RegionRecall,
} from '@pixelwise/metrics'

/** The numbers of proposals that count, as COCO's evaluation of proposals takes them. */
export const proposalLimits = [10, 100, 1000] as const

/** How well the proposals cover the objects of one size; shares 0..1, not a number where there are no objects. */
export interface RegionScores {
  readonly size: string
  readonly objects: number
  /** Of all proposals: R@50, R@70, ABO and AR, the exact mean over 0.5..1. */
  readonly recall50: number
  readonly recall70: number
  readonly averageBestOverlap: number
  readonly averageRecall: number
  /** AR of the 10, 100 and 1000 best per image, exact. */
  readonly averageRecallOf: Readonly<Record<(typeof proposalLimits)[number], number>>
  /** The same as the COCO API counts: 10 thresholds, and a proposal serves one object only. */
  readonly cocoAverageRecallOf: Readonly<Record<(typeof proposalLimits)[number], number>>
}

export interface RegionEvaluation {
  readonly images: number
  readonly proposals: number
  readonly scores: readonly RegionScores[]
}

/** Scores a COCO results file against COCO annotations, whatever the classes; crowds are nobody's to find. */
export async function evaluateResults(
  { truth, results }: { truth: string; results: string },
  onProgress: (done: number, total: number) => void,
): Promise<RegionEvaluation> {
  const { images, truths } = cocoTruths(await readJson<CocoInstances>(truth, isInstances, 'a COCO annotation file'))
  const found = await readJson<CocoResult[]>(results, isResults, 'a COCO results file with masks')
  requireScores(found, results)
  const detections = cocoDetections(found)
  const recall = new RegionRecall({ limits: [...proposalLimits, Infinity] })
  const proposalsOf = grouped(detections)
  const truthsOf = grouped(truths)
  for (const [i, image] of images.entries()) {
    const objects = (truthsOf.get(image) ?? []).filter(({ crowd }) => crowd !== true)
    const proposals = [...(proposalsOf.get(image) ?? [])].sort((a, b) => b.score - a.score)
    const masks = objects.map(({ mask }) => mask).filter((mask) => mask !== undefined)
    const ious = maskIoUs(
      proposals.map(({ mask }) => mask).filter((mask) => mask !== undefined),
      masks,
    )
    recall.add({ ious, areas: masks.map(maskArea) })
    onProgress(i + 1, images.length)
  }
  const coco = evaluateCoco({
    truths,
    detections,
    images,
    by: 'mask',
    classAware: false,
    maxDetections: proposalLimits,
  })
  const areas = (name: string) => {
    const range = cocoAreaRanges.find((one) => one.name === name) ?? cocoAreaRanges[0]
    return truths.filter(({ mask, crowd }) => {
      const area = mask === undefined ? 0 : maskArea(mask)
      return crowd !== true && area >= range.from && area <= range.to
    }).length
  }
  return {
    images: images.length,
    proposals: detections.length,
    scores: cocoAreaRanges.map(({ name }) => {
      const all = { limit: Infinity, area: name }
      const best = (limit: number) => recall.averageRecall({ limit, area: name })
      const counted = (maxDetections: number) => orNaN(coco.averageRecall({ maxDetections, area: name }))
      return {
        size: name,
        objects: areas(name),
        recall50: recall.recallAt(0.5, all),
        recall70: recall.recallAt(0.7, all),
        averageBestOverlap: recall.averageBestOverlap(all),
        averageRecall: recall.averageRecall(all),
        averageRecallOf: { 10: best(10), 100: best(100), 1000: best(1000) },
        cocoAverageRecallOf: { 10: counted(10), 100: counted(100), 1000: counted(1000) },
      }
    }),
  }
}

/** COCO's −1 for nothing to find. */
function orNaN(value: number): number {
  return value < 0 ? Number.NaN : value
}

function grouped<T extends { readonly imageId: number }>(objects: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>()
  for (const object of objects) {
    const group = groups.get(object.imageId)
    if (group === undefined) groups.set(object.imageId, [object])
    else group.push(object)
  }
  return groups
}

async function readJson<T>(path: string, isRight: (value: unknown) => value is T, kind: string): Promise<T> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (isRight(value)) return value
    throw new Error('it holds something else')
  } catch (cause) {
    throw new PixelwiseError('evaluate-regions/cannot-read', {
      what: `cannot read ${path} (${cause instanceof Error ? cause.message : cause})`,
      rule: `it must be ${kind}`,
      next: 'check the path; "pixelwise regions" writes results',
      cause,
    })
  }
}

/** Without a score a proposal has no place among the best. */
function requireScores(found: readonly CocoResult[], file: string): void {
  const i = found.findIndex(({ score }) => !Number.isFinite(score))
  if (i === -1) return
  throw new PixelwiseError('evaluate-regions/no-score', {
    what: `result ${i} of ${file} has the score ${JSON.stringify(found[i].score) ?? 'missing'}`,
    rule: 'a score is a number, and ranks the proposals of an image',
    next: 'write the results again',
  })
}

function isInstances(value: unknown): value is CocoInstances {
  const isObject = typeof value === 'object' && value !== null && 'images' in value && 'annotations' in value
  return isObject && Array.isArray(value.images) && Array.isArray(value.annotations)
}

function isResults(value: unknown): value is CocoResult[] {
  return Array.isArray(value) && value.every((one) => typeof one?.image_id === 'number' && 'segmentation' in one)
}
