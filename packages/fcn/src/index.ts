export { convolutionalize } from './convolutionalize.js'
export {
  type FcnOptions,
  type Fusion,
  fcn,
  fcn8s,
  fcn8sAtOnce,
  fcn16s,
  fcn32s,
  type HeadOptions,
} from './fcn.js'
export { lateFusion } from './late-fusion.js'
export { type LabelledImage, type PixelBatchOptions, pixelBatch } from './pixel-batch.js'
export { type HeadLossOptions, type PatchSampling, type PixelLossOptions, pixelLoss } from './pixel-loss.js'
export {
  type BackboneFactory,
  type BuildRecipeOptions,
  type BuiltRecipe,
  buildRecipe,
  multipliersOf,
  recipeLoss,
  recipeSolver,
  type TrialOptions,
} from './recipes/build-recipe.js'
export { initialise } from './recipes/initialise.js'
export type * from './recipes/recipe.js'
export { type RecipeExample, recipeBatch, recipeRaster } from './recipes/recipe-batch.js'
export { listRecipes, recipeRegistry, recipes } from './recipes/recipes.js'
export { renameLayers } from './rename-layers.js'
export { upgrade } from './upgrade.js'
