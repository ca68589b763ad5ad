import type { LabelMap, Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Batch } from '@pixelwise/training'
import { assembleBatch } from '../assemble-batch.js'
import { exampleNames, type LabelledImage } from '../pixel-batch.js'
import type { Recipe, RecipeInput } from './recipe.js'

/** An example with all that a recipe may ask for: a `Sample` of `@pixelwise/datasets`. */
export interface RecipeExample extends LabelledImage {
  /** A second labelling of the same pixels. */
  readonly geometric?: LabelMap
  /** `[H, W, 1]` in millimetres, 0 where nothing was measured. */
  readonly depth?: Raster
  /** `[H, W, 3]`, 0..255: disparity, height above ground, angle with gravity. */
  readonly hha?: Raster
}

/**
 * One batch of a recipe: a tensor per input of its net, and labels per head.
 *
 * Images `[N, H, W, C]` float32, prepared; labels `[N, H, W]` int32, checked to be classes of their head. `train`
 * disposes them. Throws `recipe/no-input` when an example lacks what the net sees, and the errors of `pixelBatch`.
 *
 * @example
 * sampledBatches({ sampler, load: async (indices) => recipeBatch(await Promise.all(indices.map((i) => dataset.at(i))), recipe) })
 */
export function recipeBatch(examples: readonly RecipeExample[], recipe: Recipe): Batch {
  const { data, loss } = recipe
  return assembleBatch({
    names: exampleNames(examples),
    inputs: data.inputs.map((input) => ({
      rasters: examples.map((example) => recipeRaster(example, input)),
      preprocessing: input.preprocessing,
    })),
    targets: data.targets.map(({ head, from }) => ({
      labels: examples.map((example) => example[from]),
      classes: classesOf(recipe, head),
    })),
    ignoreLabel: loss.ignoreLabel,
  })
}

/**
 * What one input of a recipe's net sees of an example, before it is prepared with `input.preprocessing`.
 *
 * `rgbd` is the image and, as fourth channel, the natural logarithm of depth in millimetres; where nothing was measured,
 * the mean, so that zero remains. Source: Long 2016, reference data layer.
 */
export function recipeRaster(example: RecipeExample, { from, preprocessing }: RecipeInput): Raster {
  if (from === 'image') return example.image
  if (from === 'hha') return example.hha ?? missing(example, 'hha')
  return withLogDepth(example.image, example.depth ?? missing(example, 'depth'), preprocessing.mean[3])
}

function withLogDepth({ height, width, data }: Raster, depth: Raster, mean: number): Raster<Float32Array> {
  const values = new Float32Array(height * width * 4)
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let c = 0; c < 3; c++) values[4 * pixel + c] = data[3 * pixel + c]
    const millimetres = depth.data[pixel]
    values[4 * pixel + 3] = millimetres > 0 ? Math.log(millimetres) : mean
  }
  return { height, width, channels: 4, data: values }
}

function classesOf({ net: { classes } }: Recipe, head: string): number {
  return typeof classes === 'number' ? classes : classes[head]
}

function missing({ id }: RecipeExample, part: 'depth' | 'hha'): never {
  throw new PixelwiseError('recipe/no-input', {
    what: `${id ?? 'an example'} has no ${part}`,
    rule: 'the net of this recipe sees it',
    next: `open the data set with { ${part}: true }`,
  })
}
