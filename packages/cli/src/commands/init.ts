import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { Command } from 'commander'
import type { InitNet } from '../init/config-text.js'
import { parseCount, parsePositive } from '../output/parse.js'
import { note, print, printJson } from '../output/streams.js'
import { wrongUse } from '../output/usage-error.js'
import { writeTextAside } from '../output/write-aside.js'
import { findPlugins, pluginNameIn } from '../plugins/find-plugins.js'
import { type PluginFlags, pluginOption } from '../plugins/plugin-option.js'

/** `pixelwise init`: a commented configuration for a data set and a net. */
export function initCommand(): Command {
  return new Command('init')
    .description('write a commented configuration for "pixelwise train"')
    .argument('[file]', 'the file to write', 'train.yaml')
    .requiredOption('--kind <layout>', 'layout of the data set: voc, folder, camvid, …')
    .requiredOption('--root <dir>', 'folder of the data set')
    .option('--validation-root <dir>', 'folder of the data set that a recipe is scored on, where that is another one')
    .option('--recipe <name>', 'a published net, see "pixelwise recipes"')
    .option(
      '--backbone <name>',
      'or a backbone: vgg-small, squeezenet1.1, resnet50, …; with --recipe, in place of its own; default: vgg-small',
    )
    .option('--stride <N>', 'stride of the head on the backbone; default: 8', parsePositive)
    .option('--pad <pixels>', 'zeros around the image, for backbones whose first cells lie inside it', parseCount)
    .addOption(pluginOption())
    .option('--force', 'replace the file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  pixelwise init --kind folder --root my-photos
  pixelwise init camvid.yaml --kind camvid --root CamVid --backbone squeezenet1.1 --stride 16
  pixelwise init nyud.yaml --kind nyud --root nyud --recipe nyud-fcn32s-color
  pixelwise init voc.yaml --recipe voc-fcn32s --kind sbd --root SBD --validation-root VOCdevkit/VOC2011
  pixelwise init trial.yaml --kind folder --root my-photos --recipe voc-fcn16s --backbone vgg-small
  pixelwise init own.yaml --kind folder --root my-photos --backbone own --plugin ./backbone.mjs`,
    )
    .action(run)
}

interface InitFlags extends PluginFlags {
  readonly kind: string
  readonly root: string
  readonly validationRoot?: string
  readonly recipe?: string
  readonly backbone?: string
  readonly stride?: number
  readonly pad?: number
  readonly force?: true
  readonly json?: true
}

async function run(
  file: string,
  { force, json, kind, root, validationRoot, plugin, ...flags }: InitFlags,
): Promise<void> {
  const { configText } = await import('../init/config-text.js')
  const { datasetLayouts } = await import('@pixelwise/datasets/node')
  datasetLayouts().get(kind) // refuses what it does not know
  const { loadPlugins } = await import('../plugins/load-plugins.js')
  const { backbones, plugins } = await loadPlugins(findPlugins(plugin))
  const wanted = await netOf(flags)
  const { checkNet } = await import('../init/check-net.js')
  await checkNet(wanted, kind, backbones)
  const { withPadding } = await import('../init/needs-padding.js')
  const net = withPadding(wanted, backbones)
  checkValidationRoot(net, kind, validationRoot)
  for (const folder of [root, validationRoot]) {
    if (folder !== undefined && !existsSync(folder))
      note(`warning: ${folder} is not there, and "pixelwise train" reads it`)
  }
  const text = configText({
    net,
    kind,
    root,
    validationRoot,
    file,
    plugins: plugins.map((one) => pluginNameIn(dirname(file), one)),
  })
  if (force) await writeTextAside(file, text)
  else await writeNew(file, text)
  if (json) printJson({ file })
  else print(`wrote ${file}; look it over, then run "pixelwise train ${file}"`)
}

async function netOf({
  recipe,
  backbone,
  stride,
  pad,
}: Omit<InitFlags, 'kind' | 'root' | 'validationRoot' | 'plugin'>): Promise<InitNet> {
  if (recipe !== undefined && (stride !== undefined || pad !== undefined)) {
    throw wrongUse(
      `option '${stride === undefined ? '--pad <pixels>' : '--stride <N>'}' is for nets without --recipe: a recipe has a head of its own`,
    )
  }
  const { recipeRegistry } = await import('@pixelwise/fcn')
  if (recipe !== undefined) return { recipe: recipeRegistry().get(recipe), ...(backbone !== undefined && { backbone }) }
  return { backbone: backbone ?? 'vgg-small', stride: stride ?? 8, ...(pad !== undefined && { pad }) }
}

/** Recipes for PASCAL VOC learn from SBD, and no folder has both: the second is asked for, and taken from nobody else. */
function checkValidationRoot(net: InitNet, kind: string, validationRoot: string | undefined): void {
  const data = 'recipe' in net ? net.recipe.data : undefined
  const hasTwo = data !== undefined && data.train.layout === kind && data.validation.layout !== kind
  if (hasTwo && validationRoot === undefined) {
    const { layout, split } = data.validation
    note(
      `note: the recipe is scored on ${layout} ${split}: pass --validation-root with its folder, or it is on a split of ${kind}`,
    )
  }
  if (hasTwo || validationRoot === undefined) return
  throw new PixelwiseError('usage/one-data-set', {
    what: `--validation-root ${validationRoot} beside --kind ${kind}${'recipe' in net ? ` and recipe ${net.recipe.name}` : ''}`,
    rule: 'it is for recipes that learn from data of that kind and are scored on data of another',
    next: 'leave it out; under "data" the file may name a split of any data set',
  })
}

/** Writes a file that is not there yet, so that nobody's settings are lost. */
async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx' }).catch((cause) => {
    const exists = cause.code === 'EEXIST'
    throw new PixelwiseError(exists ? 'init/exists' : 'cli/cannot-write', {
      what: `cannot write ${file} (${cause.code ?? cause})`,
      rule: exists ? 'it is there already' : 'its folder must exist and be writable',
      next: exists ? 'choose another name, or pass --force to replace it' : 'make the folder, or choose another place',
      cause,
    })
  })
}
