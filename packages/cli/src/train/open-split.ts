import { type Dataset, filterIds } from '@pixelwise/datasets'
import { datasetLayouts } from '@pixelwise/datasets/node'
import type { Recipe } from '@pixelwise/fcn'
import type { SplitConfig } from './train-config.js'

/** Opens a split with the parts that a recipe's net sees, less the examples of another one. */
export async function openSplit({ kind, root, split, without }: SplitConfig, recipe: Recipe): Promise<Dataset> {
  const sees = new Set(recipe.data.inputs.map(({ from }) => from))
  const layout = datasetLayouts().get(kind)
  const dataset = await layout.open(root, {
    split,
    ...(sees.has('rgbd') && { depth: true }),
    ...(sees.has('hha') && { hha: true }),
  })
  if (without === undefined) return dataset
  const left = new Set((await datasetLayouts().get(without.kind).open(without.root, { split: without.split })).ids)
  return filterIds(dataset, (id) => !left.has(id))
}
