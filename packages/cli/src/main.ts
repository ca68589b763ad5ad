import { PixelwiseError } from '@pixelwise/masks/shared'
import { Command, CommanderError } from 'commander'
import { backendsCommand } from './commands/backends.js'
import { datasetsCommand } from './commands/datasets.js'
import { evaluateCommand } from './commands/evaluate.js'
import { evaluateRegionsCommand } from './commands/evaluate-regions.js'
import { exportOnnxCommand } from './commands/export-onnx.js'
import { importCaffeCommand } from './commands/import-caffe.js'
import { initCommand } from './commands/init.js'
import { inspectCommand } from './commands/inspect.js'
import { modelsCommand } from './commands/models.js'
import { predictCommand } from './commands/predict.js'
import { recipesCommand } from './commands/recipes.js'
import { regionsCommand } from './commands/regions.js'
import { trainCommand } from './commands/train.js'
import { describeFailure } from './output/failure.js'
import { note } from './output/streams.js'
import { refuseEmpty, usageError } from './output/usage-error.js'
import { version } from './version.js'

/**
 * Runs the `pixelwise` command with the given arguments (without `node` and the script).
 *
 * Results go to stdout, progress, warnings and errors to stderr. Resolves to the exit code: 0 success, 1 failure,
 * 2 wrong usage, 130 after Ctrl-C; it never rejects and never ends the process. `DEBUG=1` in the environment adds stacks to errors.
 *
 * @example
 * process.exitCode = await main(['inspect', 'vgg16', '--input', '224x224'])
 */
export async function main(argv: readonly string[]): Promise<number> {
  const program = pixelwise(argv)
  const read = lastRead(program)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    note(describeFailure(error instanceof CommanderError ? usageError(error, argv, read.command) : error))
    return exitCode(error)
  }
}

function pixelwise(argv: readonly string[]): Command {
  const program = new Command('pixelwise')
    .description('Dense visual prediction: label every pixel.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText(
      'after',
      `
Every command takes --json. Results go to stdout, everything else to stderr.

Examples:
  pixelwise datasets synthesize voc scenes --train 40 --val 10 --seed 1
  pixelwise init train.yaml --kind voc --root scenes
  pixelwise train train.yaml
  pixelwise predict --model runs/train/model --out results photos/
  pixelwise help predict`,
    )
  const commands = [
    backendsCommand(),
    inspectCommand(),
    importCaffeCommand(),
    exportOnnxCommand(),
    modelsCommand(),
    recipesCommand(),
    initCommand(),
    predictCommand(argv),
    trainCommand(argv),
    evaluateCommand(),
    regionsCommand(),
    evaluateRegionsCommand(),
    datasetsCommand(),
  ]
  for (const command of commands) {
    program.addCommand(command)
  }
  forEachCommand(program, (command) => {
    command.configureOutput({ writeErr: () => undefined }).helpOption('-h, --help', 'print help')
  })
  return program
}

/** The command that commander read last: the one that runs, or that it refused. */
function lastRead(program: Command): { readonly command: Command } {
  const read = { command: program }
  program.hook('preAction', (_, command) => {
    read.command = command
    refuseEmpty(command)
  })
  forEachCommand(program, (command) => {
    command.exitOverride((error) => {
      read.command = command
      throw error
    })
  })
  return read
}

function forEachCommand(command: Command, change: (command: Command) => void): void {
  change(command)
  for (const child of command.commands) forEachCommand(child, change)
}

function exitCode(error: unknown): number {
  if (error instanceof PixelwiseError && /^(train|cli)\/interrupted$/.test(error.code)) return 130
  return isUsage(error) ? 2 : 1
}

/**
 * Commander's complaints and our `usage/…` are wrong use; so are names that packages do not know, and files of settings
 * with problems.
 */
function isUsage(error: unknown): boolean {
  if (error instanceof CommanderError) return true
  return error instanceof PixelwiseError && (error.code.startsWith('usage/') || usageCodes.includes(error.code))
}

const usageCodes = ['registry/unknown', 'backend/unknown', 'dataset/unknown-split', 'config/invalid']
