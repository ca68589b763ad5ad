import { readFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { Command, Option } from 'commander'
import { type EngineName, engineNames } from '../engines/engine-names.js'
import { resumingCommand } from '../output/command-line.js'
import { counted, percent } from '../output/numbers.js'
import { parsePositive } from '../output/parse.js'
import { print, printJson } from '../output/streams.js'
import { type PluginFlags, pluginOption } from '../plugins/plugin-option.js'

/** `pixelwise train`: a net learns as a configuration file says. What is stopped tells how to go on with these words. */
export function trainCommand(argv: readonly string[]): Command {
  return new Command('train')
    .description('train a net as a configuration file says; writes a run folder with model and report')
    .argument('<config>', 'the configuration: YAML or JSON; "pixelwise init" writes one')
    .option('--resume', 'go on where the run stopped, or start it where there is none')
    .option('--out <dir>', 'the folder of the run; default: as the configuration says, or runs/NAME')
    .option('--root <dir>', 'where the data lies, in place of the configuration’s data.root')
    .option('--steps <N>', 'steps in all, in place of the configuration’s', parsePositive)
    .addOption(new Option('--engine <name>', 'how to compute, in place of the configuration’s').choices(engineNames))
    .addOption(pluginOption())
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The run folder holds the settings, the log (CSV, JSON lines, TensorBoard), checkpoints, the best one, pictures of
predictions, and in the end model/ and report.html. Ctrl-C finishes the step, saves, and exits with 130. A run that was
stopped or killed goes on with --resume and ends with the same net; it knows the plugins that it was started with, unless
--plugin names others.

Examples:
  pixelwise train train.yaml
  pixelwise train train.yaml --resume
  pixelwise train train.yaml --root /data/VOCdevkit/VOC2012
  pixelwise train train.yaml --steps 200 --out runs/quick-look --json
  pixelwise train own.yaml --plugin ./backbone.mjs`,
    )
    .action((file: string, options: TrainOptions) => run(file, options, argv))
}

interface TrainOptions extends PluginFlags {
  readonly resume?: true
  readonly out?: string
  readonly root?: string
  readonly steps?: number
  readonly engine?: EngineName
  readonly json?: true
}

async function run(
  file: string,
  { resume, json, root, plugin, ...options }: TrainOptions,
  argv: readonly string[],
): Promise<void> {
  const text = await readConfig(file)
  // What brings TensorFlow.js along is imported on demand, so that help and wrong usage answer at once.
  const { readAhead, readTrainConfig } = await import('../train/read-train-config.js')
  const { runTraining } = await import('../train/run-training.js')
  const { findRunPlugins } = await import('../train/find-run-plugins.js')
  const { loadPlugins } = await import('../plugins/load-plugins.js')
  const ahead = { ...readAhead(text, file), ...options }
  const out = ahead.out ?? join('runs', basename(file, extname(file)))
  const plugins = findRunPlugins({ file, named: ahead.plugins, added: plugin, run: resume ? out : undefined })
  const known = await loadPlugins(plugins)
  const config = { ...readTrainConfig(text, file, { root, backbones: known.backbones.names() }), ...options }
  const { folder, result, model, report, scores } = await runTraining(config, known, out, resume === true)
  if (json) printJson({ folder, ...result, model, report, scores })
  if (result.stopped === 'aborted') {
    throw new PixelwiseError('train/interrupted', {
      what: `stopped after step ${result.step}`,
      rule: 'everything is stored',
      next: `go on with: ${resumingCommand(argv)}`,
    })
  }
  if (json) return
  const { best } = result
  print(
    `${counted(result.step, 'step')}${result.stopped === 'early' ? ', stopped early' : ''}, loss ${result.averageLoss.toPrecision(4)}`,
  )
  if (best !== null) print(`best mean IU while training ${percent(best.score)}, after step ${best.step}`)
  if (scores !== null) print(`mean IU ${percent(scores.meanIU)}, pixel accuracy ${percent(scores.pixelAccuracy)}`)
  print(`model:  ${model}`)
  print(`report: ${report === null ? '' : pathToFileURL(report).href}`)
}

async function readConfig(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause) => {
    throw new PixelwiseError('train/no-config', {
      what: `cannot read ${file} (${cause.code ?? cause})`,
      rule: 'a run needs its configuration file',
      next: 'check the path, or write one with "pixelwise init"',
      cause,
    })
  })
}
