import { type Dataset, filterIds } from '@pixelwise/datasets'
import { datasetLayouts } from '@pixelwise/datasets/node'
import type { Recipe } from '@pixelwise/fcn'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { commandForMissingLists } from '../datasets/missing-lists.js'
import type { SplitConfig } from './train-config.js'

/** Opens a split with the parts that a recipe's net sees, less the examples of another one. */
export async function openSplit({ kind, root, split, without }: SplitConfig, recipe: Recipe): Promise<Dataset> {
  const sees = new Set(recipe.data.inputs.map(({ from }) => from))
  const layout = datasetLayouts().get(kind)
  const parts = { ...(sees.has('rgbd') && { depth: true }), ...(sees.has('hha') && { hha: true }) }
  const dataset = await layout.open(root, { split, ...parts }).catch((error) => {
    throw withDrawing(error, kind, root)
  })
  if (without === undefined) return dataset
  const left = new Set((await datasetLayouts().get(without.kind).open(without.root, { split: without.split })).ids)
  return filterIds(dataset, (id) => !left.has(id))
}

/** A folder whose split is unknown as it has no lists is told with the command that draws them. */
function withDrawing(error: unknown, kind: string, root: string): unknown {
  const drawing = commandForMissingLists(kind, root)
  if (!(error instanceof PixelwiseError) || error.code !== 'dataset/unknown-split' || drawing === undefined)
    return error
  const { code, what, rule } = error
  return new PixelwiseError(code, { what, rule, next: `draw what to learn from with "${drawing}"`, cause: error })
}
