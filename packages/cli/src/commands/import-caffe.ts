import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { note, print, printJson } from '../output/streams.js'

/** `pixelwise import-caffe`: a Caffe net and its weights become a model folder. */
export function importCaffeCommand(): Command {
  return new Command('import-caffe')
    .description('turn a Caffe net and its weights into a model folder')
    .requiredOption('--net <file>', 'the net (.prototxt)')
    .option('--weights <file>', 'its weights (.caffemodel, binary or HDF5); random ones without')
    .requiredOption('--out <dir>', 'the model folder to write')
    .option('--mean <file>', 'mean image (.binaryproto, .npy), or numbers: 104.007,116.669,122.679', parseMean)
    .option('--scale <factor>', 'what the input is multiplied by once the mean is taken off', parseFactor)
    .addOption(new Option('--channel-order <order>', 'of the input; default bgr').choices(['rgb', 'bgr']))
    .addOption(new Option('--phase <phase>', 'which layers take part').choices(['TEST', 'TRAIN']).default('TEST'))
    .option('--stage <names>', 'stages of the net, comma-separated', parseNames)
    .option('--input <blob=CxHxW>', 'size of an input that the net does not say; repeatable', parseInput, {})
    .option(
      '--outputs <blobs>',
      'blobs that the model gives, comma-separated; default: those no layer reads',
      parseNames,
    )
    .option('--classes <file>', 'text file with one class name per line, stored with the model')
    .option('--fill-missing', 'start layers that the weights lack as the net says, instead of refusing')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
The folder loads with loadModel of @pixelwise/core/node, given the layers coreLayers and caffeLayers.

Examples:
  pixelwise import-caffe --net deploy.prototxt --weights fcn8s-heavy-pascal.caffemodel --out fcn8s
  pixelwise import-caffe --net val.prototxt --weights net.caffemodel --input color=3 --input depth=1 --out rgbd`,
    )
    .action(run)
}

interface ImportCaffeOptions {
  readonly net: string
  readonly weights?: string
  readonly out: string
  readonly mean?: string | number[]
  readonly scale?: number
  readonly channelOrder?: 'rgb' | 'bgr'
  readonly phase: 'TEST' | 'TRAIN'
  readonly stage?: readonly string[]
  readonly input: Readonly<Record<string, readonly [number, number?, number?]>>
  readonly outputs?: readonly string[]
  readonly classes?: string
  readonly fillMissing?: true
  readonly json?: true
}

async function run(options: ImportCaffeOptions): Promise<void> {
  // What brings TensorFlow.js along is imported on demand, so that help and wrong usage answer at once.
  const { importFolder, importText } = await import('../import-caffe/import-folder.js')
  const { mean } = options
  const report = await importFolder({
    net: options.net,
    out: options.out,
    phase: options.phase,
    inputs: options.input,
    ...(options.weights !== undefined && { weights: options.weights }),
    ...(typeof mean === 'string' && { mean }),
    ...(options.stage !== undefined && { stages: options.stage }),
    ...(options.outputs !== undefined && { outputs: options.outputs }),
    ...(options.classes !== undefined && { classes: options.classes }),
    fillMissing: options.fillMissing ?? false,
    preprocessing: {
      ...(typeof mean === 'object' && { mean }),
      ...(options.scale !== undefined && { scale: options.scale }),
      ...(options.channelOrder !== undefined && { channelOrder: options.channelOrder }),
    },
  })
  for (const text of report.notes) note(`note: ${text.replace('(say so with inputs)', '(say so with --input)')}`)
  if (report.weights.missing.length > 0) {
    note(`warning: no weights for ${report.weights.missing.join(', ')}: they start as the net says`)
  }
  if (options.weights === undefined) note('warning: no --weights: the layers start as their fillers say')
  note(`wrote ${options.out}`)
  if (options.json) printJson(report)
  else print(importText(report))
}

/** Numbers, or the path of a file. */
function parseMean(text: string): string | number[] {
  const numbers = text.split(',').map(Number)
  if (text !== '' && numbers.every(Number.isFinite)) return numbers
  if (text === '' || existsSync(text)) return text // what is empty is refused for every option
  throw new InvalidArgumentError('It is a file that is there, or numbers with commas, as in 104.007,116.669,122.679.')
}

function parseFactor(text: string): number {
  const factor = Number(text)
  if (text !== '' && Number.isFinite(factor) && factor !== 0) return factor
  throw new InvalidArgumentError('It is a number other than 0, as in 0.00390625.')
}

function parseNames(text: string): string[] {
  return text.split(',').map((name) => name.trim())
}

/** `depth=1x480x640` → { depth: [1, 480, 640] }, added to those before. */
function parseInput(text: string, before: Record<string, number[]>): Record<string, number[]> {
  const [, blob, sizes] = /^(.+)=(\d+(?:[x×]\d+[x×]\d+)?)$/.exec(text) ?? []
  if (blob === undefined) throw new InvalidArgumentError('It has the form BLOB=C or BLOB=CxHxW, as in data=3x500x500.')
  return { ...before, [blob]: sizes.split(/[x×]/).map(Number) }
}
