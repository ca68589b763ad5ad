import { writeFile } from 'node:fs/promises'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { Command } from 'commander'
import type { InitNet } from '../init/config-text.js'
import { parseCount } from '../output/parse.js'
import { print, printJson } from '../output/streams.js'
import { writeTextAside } from '../output/write-aside.js'

/** `pixelwise init`: a commented configuration for a data set and a net. */
export function initCommand(): Command {
  return new Command('init')
    .description('write a commented configuration for "pixelwise train"')
    .argument('[file]', 'the file to write', 'train.yaml')
    .requiredOption('--kind <layout>', 'layout of the data set: voc, folder, camvid, …')
    .requiredOption('--root <dir>', 'folder of the data set')
    .option('--recipe <name>', 'a published net, see "pixelwise recipes"')
    .option('--backbone <name>', 'or a backbone: vgg-small, squeezenet1.1, resnet50, …; default: vgg-small')
    .option('--stride <N>', 'stride of the head on the backbone', parseCount, 8)
    .option('--pad <pixels>', 'zeros around the image, for backbones whose first cells lie inside it', parseCount)
    .option('--force', 'replace the file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  pixelwise init --kind folder --root my-photos
  pixelwise init camvid.yaml --kind camvid --root CamVid --backbone squeezenet1.1 --stride 16
  pixelwise init voc.yaml --kind voc --root VOCdevkit/VOC2012 --recipe voc-fcn32s`,
    )
    .action(run)
}

interface InitFlags {
  readonly kind: string
  readonly root: string
  readonly recipe?: string
  readonly backbone?: string
  readonly stride: number
  readonly pad?: number
  readonly force?: true
  readonly json?: true
}

async function run(file: string, { force, json, kind, root, ...flags }: InitFlags): Promise<void> {
  const { configText } = await import('../init/config-text.js')
  const { datasetLayouts } = await import('@pixelwise/datasets/node')
  datasetLayouts().get(kind) // refuses what it does not know
  const text = configText({ net: await netOf(flags), kind, root, file })
  if (force) await writeTextAside(file, text)
  else await writeNew(file, text)
  if (json) printJson({ file })
  else print(`wrote ${file}; look it over, then run "pixelwise train ${file}"`)
}

async function netOf({ recipe, backbone, stride, pad }: Omit<InitFlags, 'kind' | 'root'>): Promise<InitNet> {
  const { recipeRegistry } = await import('@pixelwise/fcn')
  const { backboneRegistry } = await import('@pixelwise/backbones')
  if (recipe !== undefined && backbone !== undefined) {
    throw new PixelwiseError('init/two-nets', {
      what: `recipe ${recipe} and backbone ${backbone}`,
      rule: 'a configuration is for one net',
      next: 'leave one of the two out',
    })
  }
  if (recipe !== undefined) return { recipe: recipeRegistry().get(recipe) }
  const name = backbone ?? 'vgg-small'
  backboneRegistry().get(name)
  return { backbone: name, stride, ...(pad !== undefined && { pad }) }
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
