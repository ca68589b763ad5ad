import { PixelwiseError } from '@pixelwise/masks/shared'
import { Command, InvalidArgumentError, Option } from 'commander'
import { engineNames } from '../engines/engine-names.js'
import { counted } from '../output/numbers.js'
import { parsePositive } from '../output/parse.js'
import { print, printJson } from '../output/streams.js'
import { wrongUse } from '../output/usage-error.js'
import { pluginOption } from '../plugins/plugin-option.js'
import type { RegionOptions } from '../regions/propose-inputs.js'

/** `pixelwise regions`: a region net proposes the objects of images. */
export function regionsCommand(): Command {
  return new Command('regions')
    .description('propose the objects of images: ranked masks as COCO results')
    .argument('<input...>', 'images (.png, .jpg), folders or globs')
    .requiredOption('--model <dir>', 'the folder of a region net')
    .requiredOption('--out <file>', 'where the results go, as COCO reads them')
    .option('--top <N>', 'most proposals per image', parsePositive, 1000)
    .option('--nms <IoU>', 'drop a region whose IoU with a better one is above this; 1 drops none', parseShare, 0.7)
    .option('--threshold <probability>', 'a pixel belongs to a mask above this', parseProbability, 0.5)
    .option('--step <N>', 'one region for every N cells in rows and columns; more is faster', parsePositive, 1)
    .option('--ids <file>', 'COCO annotations that number the images; else the numbers in their names')
    .option('--overlays <dir>', 'draw the best proposals of each image')
    .option('--shown <N>', 'how many are drawn, with --overlays; default: 10', parsePositive)
    .option('--planes', 'draw all regions of every pathway too, with --overlays')
    .addOption(new Option('--engine <name>', 'how to compute').choices(engineNames).default('auto'))
    .addOption(pluginOption())
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
An image that cannot be read is reported and left out; the exit code is then 1.

Examples:
  pixelwise regions photos/ --model runs/regions/model --out results.json
  pixelwise regions val2017/ --model regions --out results.json --ids instances_val2017.json --top 100
  pixelwise regions photo.jpg --model regions --out results.json --overlays pictures --planes
  pixelwise regions photos/ --model mine --plugin ./layer.mjs --out results.json`,
    )
    .action(run)
}

interface RegionsFlags extends Omit<RegionOptions, 'planes' | 'shown'> {
  readonly planes?: boolean
  readonly shown?: number
  readonly json?: true
}

async function run(inputs: readonly string[], { json, planes = false, shown, ...flags }: RegionsFlags): Promise<void> {
  if (flags.overlays === undefined && (planes || shown !== undefined)) {
    throw wrongUse(`option '${planes ? '--planes' : '--shown <N>'}' needs --overlays, the folder of the pictures`)
  }
  // What brings TensorFlow.js along is imported on demand, so that help and wrong usage answer at once.
  const { proposeInputs } = await import('../regions/propose-inputs.js')
  const report = await proposeInputs(inputs, { ...flags, planes, shown: shown ?? 10 })
  const { images, failed } = report
  const count = images.reduce((sum, { proposals }) => sum + proposals, 0)
  if (json) printJson(report)
  else print(`${counted(count, 'proposal')} for ${counted(images.length, 'image')}, into ${flags.out}`)
  if (failed.length === 0) return
  throw new PixelwiseError('regions/some-failed', {
    what: `${counted(failed.length, 'image')} of ${images.length + failed.length} could not be read`,
    rule: 'the warnings above say why',
    next: 'mend or remove them; the results hold all others',
  })
}

function parseShare(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('It is a number from 0 to 1.')
}

function parseProbability(text: string): number {
  const value = Number(text)
  if (value > 0 && value < 1) return value
  throw new InvalidArgumentError('It is a number between 0 and 1.')
}
