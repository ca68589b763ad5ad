import type { LabelData, LabelMap } from '@pixelwise/masks'
import type { Dataset, Sample } from '../dataset.js'
import { type Problem, problemOf } from './problem.js'
import { unknownLabels, validateSize } from './validate-labels.js'

/** What a check of a data set found. */
export interface CheckReport {
  readonly examples: number
  readonly problems: readonly Problem[]
  /** Pixels per class, label 0 first, over the label maps that could be read. */
  readonly classPixels: readonly number[]
  /** Images that show the class. */
  readonly classImages: readonly number[]
  readonly ignoredPixels: number
}

/**
 * Reads every example of a data set and lists everything that is wrong, with file and pixel, and how often each class occurs.
 *
 * Found are: no examples at all, ids that stand twice, lists without a final newline, missing and damaged files, colour pictures in place
 * of labels, labels outside the class list, sizes that differ.
 */
export async function checkDataset(
  dataset: Dataset,
  { onProgress }: { readonly onProgress?: (done: number, total: number) => void } = {},
): Promise<CheckReport> {
  const { classes, inspector } = dataset
  const problems: Problem[] = inspector === undefined ? duplicatedIds(dataset) : [...(await inspector.lists())]
  const counter = new ClassCounter(classes.names.length, classes.ignoreLabel)
  const ids = new Set(dataset.ids)
  if (ids.size === 0) problems.push(noExamples(dataset))
  let done = 0
  for (const id of ids) {
    const inspection = inspector === undefined ? await inspectSample(dataset, id) : await inspector.example(id)
    problems.push(...inspection.problems)
    if (inspection.labels !== undefined) counter.add(inspection.labels)
    onProgress?.(++done, ids.size)
  }
  const { classPixels, classImages, ignoredPixels } = counter
  return { examples: ids.size, problems, classPixels: [...classPixels], classImages: [...classImages], ignoredPixels }
}

function noExamples({ name, split }: Dataset): Problem {
  const message = `${name}, ${split} has no examples: there is nothing to learn from or to score on; fill its list`
  return { code: 'dataset/no-examples', message }
}

function duplicatedIds({ ids, name, split }: Dataset): Problem[] {
  const seen = new Set<string>()
  return ids.flatMap((id, i) => {
    if (!seen.has(id)) {
      seen.add(id)
      return []
    }
    const message = `example ${i} of ${name} (${split}) repeats the id "${id}": an id stands once in a split; remove one of them`
    return [{ code: 'dataset/duplicate-id', id, message }]
  })
}

/** Checks an example that comes from memory or from a loader of another package. */
async function inspectSample(
  dataset: Dataset,
  id: string,
): Promise<{ problems: Problem[]; labels: LabelMap<LabelData> | undefined }> {
  let sample: Sample
  try {
    sample = await dataset.byId(id)
  } catch (error) {
    return { problems: [problemOf(error, id)], labels: undefined }
  }
  const problems: Problem[] = []
  for (const [name, map] of Object.entries({
    labels: sample.labels,
    instances: sample.instances,
    depth: sample.depth,
  })) {
    if (map === undefined) continue
    try {
      validateSize(sample.image, map, `the image of "${id}"`, `${name} of "${id}"`)
    } catch (error) {
      problems.push(problemOf(error, id))
    }
  }
  const unknown = sample.labels === undefined ? [] : unknownLabels(sample.labels, dataset.classes, `"${id}"`)
  return { problems: [...problems, ...unknown.map((error) => problemOf(error, id))], labels: sample.labels }
}

/** Counts pixels and images per class. */
export class ClassCounter {
  readonly classPixels: Float64Array
  readonly classImages: Float64Array
  readonly #ignoreLabel: number | undefined
  ignoredPixels = 0

  constructor(classes: number, ignoreLabel: number | undefined) {
    this.classPixels = new Float64Array(classes)
    this.classImages = new Float64Array(classes)
    this.#ignoreLabel = ignoreLabel
  }

  add({ labels }: LabelMap<LabelData>): void {
    const counts = new Float64Array(this.classPixels.length)
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] === this.#ignoreLabel) this.ignoredPixels++
      else if (labels[i] < counts.length) counts[labels[i]]++
    }
    counts.forEach((count, label) => {
      this.classPixels[label] += count
      if (count > 0) this.classImages[label]++
    })
  }
}
