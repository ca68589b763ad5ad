import { PixelwiseError } from '@pixelwise/masks/shared'
import { Command } from 'commander'
import type { Survey } from '../datasets/survey.js'
import { grouped, percent } from '../output/numbers.js'
import { parseCount, parseSize } from '../output/parse.js'
import { note, print, printJson, progress } from '../output/streams.js'
import { table } from '../output/table.js'

/** `pixelwise datasets`: data sets on disk. */
export function datasetsCommand(): Command {
  const command = new Command('datasets').description('check, measure or synthesize data sets on disk')
  command.addCommand(
    reading('check', 'read every example and report what is wrong with it')
      .addHelpText(
        'after',
        '\nExits with 1 when anything is wrong.\n\nExample:\n  pixelwise datasets check voc VOCdevkit/VOC2012',
      )
      .action(check),
  )
  command.addCommand(
    reading('stats', 'image sizes, mean colour and class balance')
      .addHelpText('after', '\nExample:\n  pixelwise datasets stats voc VOCdevkit/VOC2012 --split train')
      .action(stats),
  )
  command.addCommand(
    new Command('synthesize')
      .description('write a synthetic data set in the layout of a real one')
      .argument('<kind>', 'the layout: voc')
      .argument('<root>', 'a new or empty folder')
      .option('--train <N>', 'training images', parseCount)
      .option('--val <N>', 'validation images', parseCount)
      .option('--size <HxW>', 'image size in pixels', parseSize)
      .option('--seed <seed>', 'equal seeds give equal scenes')
      .option('--overwrite', 'replace an earlier synthesis')
      .option('--json', 'print JSON')
      .addHelpText('after', '\nExample:\n  pixelwise datasets synthesize voc scenes --train 400 --val 100 --seed 1')
      .action(synthesize),
  )
  return command
}

function reading(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<kind>', 'the layout: voc')
    .argument('<root>', 'the folder of the data set')
    .option('--split <name>', 'only this split; all of them unless told')
    .option('--json', 'print JSON')
}

interface ReadingOptions {
  readonly split?: string
  readonly json?: true
}

async function check(kind: string, root: string, options: ReadingOptions): Promise<void> {
  const found = await surveyed(kind, root, options)
  if (options.json) printJson(found)
  else {
    for (const { message } of found.problems) print(message)
    if (found.problems.length === 0) print(`${found.examples} examples, nothing wrong\n\n${balance(found)}`)
  }
  if (found.problems.length === 0) return
  throw new PixelwiseError('datasets/problems', {
    what: `${found.problems.length} of ${found.examples} examples in ${root} cannot be used`,
    rule: 'every example must be readable, with labels that the classes know',
    next: 'mend or remove what is listed above',
  })
}

async function stats(kind: string, root: string, options: ReadingOptions): Promise<void> {
  const found = await surveyed(kind, root, options)
  if (found.problems.length > 0) {
    note(`warning: ${found.problems.length} examples left out; run "pixelwise datasets check ${kind} ${root}"`)
  }
  if (options.json) return printJson(found)
  const { examples, problems, sizes, mean } = found
  const span = ([low, high]: readonly [number, number]) => (low === high ? `${low}` : `${low}..${high}`)
  const size = sizes === null ? '–' : `${span(sizes.height)} × ${span(sizes.width)}`
  print(
    `${examples - problems.length} examples, height × width ${size}, mean colour ${mean.map((v) => v.toFixed(2)).join(' ')}`,
  )
  print(`\n${balance(found)}`)
}

async function surveyed(kind: string, root: string, { split }: ReadingOptions): Promise<Survey> {
  const { datasetKinds } = await import('../datasets/dataset-kinds.js')
  const { survey } = await import('../datasets/survey.js')
  const { open, splits } = datasetKinds().get(kind)
  const names = split === undefined ? await splits(root) : [split]
  return survey(await Promise.all(names.map((name) => open(root, name))), progress('reading'))
}

function balance({ classes, ignored }: Survey): string {
  const rows = classes.map(({ name, pixels, share, examples }, c) => [
    String(c),
    name,
    grouped(pixels),
    percent(share),
    String(examples),
  ])
  const columns = [
    { heading: '', align: 'right' },
    { heading: 'class' },
    { heading: 'pixels', align: 'right' },
    { heading: 'share', align: 'right' },
    { heading: 'examples', align: 'right' },
  ] as const
  return `${table(columns, rows)}\n\n${percent(ignored)} of all labelled pixels are ignored`
}

interface SynthesizeFlags {
  readonly train?: number
  readonly val?: number
  readonly size?: readonly [number, number]
  readonly seed?: string
  readonly overwrite?: true
  readonly json?: true
}

async function synthesize(kind: string, root: string, { size, json, ...options }: SynthesizeFlags): Promise<void> {
  const { datasetKinds } = await import('../datasets/dataset-kinds.js')
  const sized = size === undefined ? {} : { height: size[0], width: size[1] }
  await datasetKinds()
    .get(kind)
    .synthesize(root, { ...options, ...sized, onProgress: progress('drawing') })
  if (json) printJson({ kind, root, ...options, ...sized })
  else print(`wrote ${root}; look at it with "pixelwise datasets stats ${kind} ${root}"`)
}
