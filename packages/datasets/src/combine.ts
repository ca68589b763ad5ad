import { PixelwiseError } from '@pixelwise/masks/shared'
import { createDataset, type Dataset, type Sample } from './dataset.js'

/**
 * The examples whose ids pass a test, in their order.
 *
 * @example
 * // VOC's validation images that SBD does not train on, as the published FCNs are scored ("seg11valid"):
 * const training = new Set(sbdTrain.ids)
 * const valid = filterIds(vocVal, (id) => !training.has(id))
 */
export function filterIds<S extends Sample>(dataset: Dataset<S>, keep: (id: string) => boolean): Dataset<S> {
  const { name, split, classes, inspector } = dataset
  return createDataset({
    name,
    split,
    classes,
    ids: dataset.ids.filter(keep),
    load: (id) => dataset.byId(id),
    ...(inspector && { inspector }),
  })
}

/**
 * Several data sets of the same classes one after the other; an id that stands in more than one is read from the first.
 *
 * Throws `dataset/other-classes` when class lists differ.
 *
 * @example
 * const training = joinDatasets('train', [sbdTrain, vocTrain]) // 8,498 images of SBD and what VOC adds
 */
export function joinDatasets(split: string, datasets: readonly [Dataset, ...Dataset[]]): Dataset {
  const [first] = datasets
  const owner = new Map<string, Dataset>()
  for (const dataset of datasets) {
    requireSameClasses(first, dataset)
    for (const id of dataset.ids) if (!owner.has(id)) owner.set(id, dataset)
  }
  return createDataset({
    name: datasets.map(({ name }) => name).join(' + '),
    split,
    classes: first.classes,
    ids: [...owner.keys()],
    load: (id) => (owner.get(id) ?? first).byId(id),
  })
}

function requireSameClasses(first: Dataset, other: Dataset): void {
  const [a, b] = [first.classes, other.classes]
  if (a.ignoreLabel === b.ignoreLabel && a.names.join('\n') === b.names.join('\n')) return
  throw new PixelwiseError('dataset/other-classes', {
    what: `${first.name} has ${a.names.length} classes (ignored: ${a.ignoreLabel}), ${other.name} has ${b.names.length} (ignored: ${b.ignoreLabel})`,
    rule: 'data sets that are joined have the same classes in the same order',
    next: 'open them with the same class list',
  })
}
