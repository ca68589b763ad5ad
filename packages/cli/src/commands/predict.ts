import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import { Command, Option } from 'commander'
import { type EngineName, engineNames } from '../engines/engine-names.js'
import { resumingCommand } from '../output/command-line.js'
import { counted } from '../output/numbers.js'
import { parseCount } from '../output/parse.js'
import { interrupted } from '../output/stoppable.js'
import { note, print, printJson } from '../output/streams.js'
import { type PluginFlags, pluginOption } from '../plugins/plugin-option.js'
import { parseShard, type Shard } from '../predict/shard.js'
import { type Product, products } from '../predict/write-results.js'

/** `pixelwise predict`: a model folder labels images. What is stopped tells how to go on with these words. */
export function predictCommand(argv: readonly string[]): Command {
  return new Command('predict')
    .description('label every pixel of images: label maps, overlays, scores')
    .argument(
      '<input...>',
      'images (.png, .jpg), folders, globs, or .npy arrays [N, H, W, C] that are prepared already',
    )
    .requiredOption('--model <dir>', 'the model folder')
    .requiredOption('--out <dir>', 'where the results go: labels/, overlay/, scores/')
    .option('--save <list>', `what to write, separated by commas: ${products.join(', ')}`, parseProducts, [
      'labels',
      'overlay',
    ])
    .addOption(new Option('--engine <name>', 'how to compute').choices(engineNames).default('auto'))
    .option('--tile <pixels>', 'largest side that is run whole; 0: every image; default: 1024', parseCount)
    .option('--output <N>', 'which output of a net with several, from 0', parseCount, 0)
    .option(
      '--depth <dir>',
      'for nets that see depth beside the image: 16-bit PNGs in millimetres, called as the images',
    )
    .option('--hha <dir>', 'for nets that see HHA beside the image: pictures called as the images')
    .option('--shard <I/N>', 'label every N-th input only, beginning at the I-th', parseShard)
    .addOption(pluginOption())
    .option('--resume', 'leave out inputs whose results are there')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Label maps are indexed PNGs in the model's colours; scores are .npy arrays [H, W, classes]. An array gives arrays:
labels [N, H, W], scores [N, H, W, classes]. An image that cannot be read is reported and left out; the exit code is
then 1. Ctrl-C finishes the image in hand and exits with 130; --resume does the rest. Nets of several inputs run every
image whole.

Examples:
  pixelwise predict --model runs/train/model photo.jpg --out results
  pixelwise predict --model fcn8s --out results --save labels,scores photos/ "more/**/*.png"
  pixelwise predict --model fcn8s --out results --shard 2/4 photos/
  pixelwise predict --model mine --plugin ./layer.mjs --out results photos/
  pixelwise predict --model nyud-fcn16s-color-hha --out results --hha data/hha data/images`,
    )
    .action((inputs: string[], flags: PredictFlags) => run(inputs, flags, argv))
}

interface PredictFlags extends PluginFlags {
  readonly model: string
  readonly out: string
  readonly save: readonly Product[]
  readonly engine: EngineName
  readonly tile?: number
  readonly output: number
  readonly depth?: string
  readonly hha?: string
  readonly shard?: Shard
  readonly resume?: true
  readonly json?: true
}

async function run(
  inputs: readonly string[],
  { json, resume, depth, hha, ...flags }: PredictFlags,
  argv: readonly string[],
): Promise<void> {
  // What brings TensorFlow.js along is imported on demand, so that help and wrong usage answer at once.
  const { predictInputs } = await import('../predict/predict-inputs.js')
  const report = await predictInputs(inputs, { ...flags, companions: { depth, hha }, resume: resume === true })
  const { done, failed, skipped, left } = report
  if (json) printJson(report)
  else print(`${counted(done.length, 'image')} labelled, into ${flags.out}`)
  if (skipped > 0) note(`left out, as their results are there: ${skipped}`)
  const tried = done.length + failed.length
  if (left > 0) {
    throw interrupted(tried, tried + left, {
      rule: 'what is labelled is kept',
      next: `go on with: ${resumingCommand(argv)}`,
    })
  }
  if (failed.length === 0) return
  throw new PixelwiseError('predict/some-failed', {
    what: `${counted(failed.length, 'image')} of ${tried} could not be labelled`,
    rule: 'the warnings above say why',
    next: 'mend or remove them; --resume labels only what is missing',
  })
}

function parseProducts(text: string): Product[] {
  const names = text.split(',').map((name) => name.trim())
  return names.map((name) => products.find((product) => product === name) ?? refuseProduct(name))
}

function refuseProduct(name: string): never {
  const near = nearestName(name, products)
  throw new PixelwiseError('usage/unknown', {
    what: `option '--save <list>' names "${name}"`,
    rule: `it is a list of ${products.join(', ')}, separated by commas`,
    next: near === undefined ? 'run "pixelwise predict --help"' : `did you mean "${near}"?`,
  })
}
