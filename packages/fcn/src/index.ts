/**
 * Fully convolutional networks: heads by output stride, skip fusion, upsampling and pixel losses.
 *
 * @module @pixelwise/fcn
 */
export { type AtrousDenseNetOptions, atrousDenseNet } from './atrous-dense-net.js'
export { convolutionalize } from './convolutionalize.js'
export {
  type AggregateOptions,
  aggregateWindows,
  labelsOfScores,
  multiplyScores,
} from './deconvnet/aggregate-windows.js'
export { type DeconvNetOptions, type DeconvNetStage, deconvNet, vgg16Stages } from './deconvnet/deconvnet.js'
export { type ObjectWindow, type ObjectWindowOptions, objectWindows, squareAbout } from './deconvnet/object-windows.js'
export { type ListedWindow, parseWindowList } from './deconvnet/proposal-list.js'
export { type DeconvNetSchedule, deconvNetSchedule } from './deconvnet/schedule.js'
export { cutWindow, type WindowOptions } from './deconvnet/windows.js'
export { type DenseNetFcnOptions, denseNetFcn } from './dense-net-fcn.js'
export {
  type FcnOptions,
  fcn,
  fcn8s,
  fcn8sAtOnce,
  fcn16s,
  fcn32s,
} from './fcn.js'
export type { Fusion, HeadOptions } from './head-options.js'
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
export { describeInputs, netInputs } from './recipes/net-inputs.js'
export type * from './recipes/recipe.js'
export { type RecipeExample, recipeBatch, recipeRaster } from './recipes/recipe-batch.js'
export { listRecipes, recipeRegistry, recipes } from './recipes/recipes.js'
export { renameLayers } from './rename-layers.js'
export { type StitchOptions, shiftAndStitch } from './shift-and-stitch.js'
export { upgrade } from './upgrade.js'
