import { Command } from 'commander'
import { print, printJson } from '../output/streams.js'
import { table } from '../output/table.js'

/** `pixelwise recipes`: the published nets and how to run each. */
export function recipesCommand(): Command {
  return new Command('recipes')
    .description('list the published nets, or tell how to run one')
    .argument('[name]', 'a net of the list')
    .option('--json', 'print JSON: the recipes as data')
    .addHelpText(
      'after',
      `
Examples:
  pixelwise recipes voc-fcn8s
  pixelwise recipes voc-fcn8s --json`,
    )
    .action(run)
}

async function run(name: string | undefined, { json }: { readonly json?: true }): Promise<void> {
  const { recipeRegistry, recipes } = await import('@pixelwise/fcn')
  if (name !== undefined) {
    const recipe = recipeRegistry().get(name)
    const { recipeCommands, recipeText } = await import('../recipes/recipe-text.js')
    if (json) printJson({ ...recipe, commands: recipeCommands(recipe) })
    else print(recipeText(recipe))
    return
  }
  if (json) return printJson(recipes)
  const columns = [{ heading: 'name' }, { heading: 'what it is' }, { heading: 'source' }]
  print(
    table(
      columns,
      recipes.map((recipe) => [recipe.name, recipe.summary, recipe.published.source]),
    ),
  )
  print('\n"pixelwise recipes NAME" tells how to run one.')
}
