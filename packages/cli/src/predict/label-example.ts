import { type PreparedModel, preprocess } from '@pixelwise/core'
import { type RecipeExample, type RecipeInput, recipeRaster } from '@pixelwise/fcn'
import type { Raster } from '@pixelwise/masks'
import { dispose } from '@tensorflow/tfjs-core'
import { type Labelled, type Labeller, labelImage } from './label-image.js'

/** What a net sees at a place: pictures of the same pixels. */
export type Views = Pick<RecipeExample, 'id' | 'depth' | 'hha'> & { readonly image: Raster }

/**
 * Labels what all inputs of a net see. A net of one input may run it in tiles, see `labelImage`; one of several runs it whole.
 *
 * Throws `recipe/no-input` where a picture is missing that the net sees.
 */
export async function labelExample(
  labeller: Labeller,
  inputs: readonly RecipeInput[],
  views: Views,
  wantsScores: boolean,
): Promise<Labelled> {
  const [first, ...others] = inputs.map((input) => recipeRaster(views, input))
  if (others.length === 0) return labelImage(labeller, first, wantsScores)
  const beside = others.map((raster, i) => preprocess(raster, inputs[i + 1].preprocessing))
  const prepared: PreparedModel = {
    run: ([image]) => labeller.prepared.run([image, ...beside]),
    dispose: () => {},
  }
  try {
    return await labelImage({ ...labeller, prepared, tile: null }, first, wantsScores)
  } finally {
    dispose(beside)
  }
}
