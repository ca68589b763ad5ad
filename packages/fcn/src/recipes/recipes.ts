import { Registry } from '@pixelwise/masks/shared'
import { kerasRecipes } from './keras-recipes.js'
import type { Recipe } from './recipe.js'
import { referenceRecipes } from './reference-recipes.js'
import { thesisRecipes } from './thesis-recipes.js'

/** All recipes of this package: the 15 nets of the reference code, the thesis's further ones, and those of Keras-FCN. */
export const recipes: readonly Recipe[] = [...referenceRecipes, ...thesisRecipes, ...kerasRecipes]

/** A registry of these recipes, and of further ones. Throws `registry/duplicate`. */
export function recipeRegistry(...more: readonly Recipe[]): Registry<Recipe> {
  return new Registry<Recipe>(
    'recipe',
    [...recipes, ...more].map((recipe) => [recipe.name, recipe] as const),
  )
}

/** Names and one line each, in the order of publication. */
export function listRecipes(): { readonly name: string; readonly summary: string; readonly source: string }[] {
  return recipes.map(({ name, summary, published: { source } }) => ({ name, summary, source }))
}
