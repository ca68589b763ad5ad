import { join } from 'node:path'
import type { ClassList, Dataset } from '@pixelwise/datasets'
import { checkDataset, datasetStatistics, objectKinds } from '@pixelwise/datasets'
import { type DatasetLayout, datasetLayouts, type OptionalPart, splitFolder } from '@pixelwise/datasets/node'
import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import { Command, InvalidArgumentError } from 'commander'
import { grouped, percent } from '../output/numbers.js'
import { parseCount, parseSize } from '../output/parse.js'
import { progress } from '../output/progress.js'
import { stoppable, untilStopped } from '../output/stoppable.js'
import { note, print, printJson } from '../output/streams.js'
import { table } from '../output/table.js'
import { wrongUse } from '../output/usage-error.js'

/** `pixelwise datasets`: data sets on disk. */
export function datasetsCommand(): Command {
  return new Command('datasets')
    .description('check, measure, split or synthesize data sets on disk')
    .addHelpText(
      'after',
      `
Every command takes --json.

Examples:
  pixelwise datasets synthesize voc scenes --train 400 --val 100
  pixelwise datasets check voc scenes --split val
  pixelwise datasets stats voc scenes
  pixelwise datasets split my-photos`,
    )
    .addCommand(checkCommand())
    .addCommand(statsCommand())
    .addCommand(splitCommand())
    .addCommand(synthesizeCommand())
}

function checkCommand(): Command {
  return onDataset('check', 'read every example and list what is wrong, with file and pixel')
    .option('--with <parts...>', `further parts to read: ${partsOfLayouts()}`)
    .addHelpText('after', examples('Exits with 1 when anything is wrong.', 'check voc VOCdevkit/VOC2012 --split val'))
    .action(check)
}

function statsCommand(): Command {
  return onDataset('stats', 'mean colour and class balance')
    .addHelpText('after', examples('Wants a sound data set: check it first.', 'stats voc VOCdevkit/VOC2012'))
    .action(stats)
}

function splitCommand(): Command {
  return new Command('split')
    .description('draw which pictures of a folder of your own are learnt from and which are held out')
    .argument('<root>', 'the folder: images/, labels/ and classes.txt')
    .option('--held-out <share>', 'share of the labelled pictures that nets are scored on', parseShare, 0.2)
    .option('--seed <seed>', 'equal seeds draw equal lists')
    .option('--overwrite', 'replace the lists that are there')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('Writes ROOT/train.txt and ROOT/val.txt.', 'split my-photos --held-out 0.2 --seed 1'),
    )
    .action(split)
}

/** Between 0 and 1, both left out; `20%` is 0.2. */
function parseShare(text: string): number {
  const value = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : Number(text)
  if (value > 0 && value < 1) return value
  throw new InvalidArgumentError('It is a share above 0 and below 1, such as 0.2 or 20%.')
}

function synthesizeCommand(): Command {
  return withLayout('synthesize', 'write a synthetic data set in the layout of a real one', 'a new or empty folder')
    .option('--train <N>', 'training images', parseCount)
    .option('--val <N>', 'validation images', parseCount)
    .option('--size <HxW>', 'image size in pixels', parseSize)
    .option('--classes <names...>', `kinds of objects to draw; default: ${Object.keys(objectKinds).join(' ')}`)
    .option('--objects <N-M>', 'fewest and most objects of a scene; default: 3-6', parseRange)
    .option('--seed <seed>', 'equal seeds give equal scenes')
    .option('--overwrite', 'replace an earlier synthesis')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('', 'synthesize voc scenes --train 400 --val 100 --seed 1'))
    .action(synthesize)
}

function onDataset(name: string, description: string): Command {
  return withLayout(name, description, 'the folder of the data set')
    .option('--split <name>', "one of the data set's lists; train unless told, or all where there are none")
    .option('--json', 'print JSON')
}

function withLayout(name: string, description: string, root: string): Command {
  const widest = Math.max(
    ...datasetLayouts()
      .names()
      .map((kind) => kind.length),
  )
  const layouts = [...datasetLayouts().entries()].map(([kind, { summary }]) => `  ${kind.padEnd(widest)}  ${summary}`)
  return new Command(name)
    .description(description)
    .argument('<kind>', 'the layout, see below')
    .argument('<root>', root)
    .addHelpText('after', `\nLayouts:\n${layouts.join('\n')}`)
}

function partsOfLayouts(): string {
  const described = [...datasetLayouts().entries()].flatMap(([kind, { parts }]) =>
    parts === undefined ? [] : `${parts.join(', ')} (${kind})`,
  )
  return described.join('; ')
}

function examples(remark: string, command: string): string {
  return `${remark && `\n${remark}\n`}\nExample:\n  pixelwise datasets ${command}`
}

interface ReadingOptions {
  readonly split?: string
  readonly json?: true
}

interface CheckOptions extends ReadingOptions {
  readonly with?: readonly string[]
}

async function check(kind: string, root: string, { split, json, with: wanted = [] }: CheckOptions): Promise<void> {
  const layout = datasetLayouts().get(kind)
  const parts = wanted.map((part) => [knownPart(part, kind, layout), true])
  const dataset = await layout.open(root, { split, ...Object.fromEntries(parts) })
  const report = await checkDataset(dataset, { onProgress: progress('reading') })
  const { examples, problems, classPixels, classImages, ignoredPixels } = report
  if (json) printJson({ ...about(dataset), ...report })
  else {
    for (const { message } of problems) print(message)
    if (problems.length > 0) print('')
    print(balance(dataset.classes, classPixels, classImages, ignoredPixels))
    print(
      `\n${described(dataset, examples)}: ${problems.length === 0 ? 'nothing wrong' : problems.length === 1 ? '1 problem' : `${problems.length} problems`}`,
    )
  }
  if (problems.length === 0) return
  throw new PixelwiseError('datasets/problems', {
    what: `${root} has ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`,
    rule: 'every example must be readable, with labels that the classes know',
    next: 'mend or remove what is listed',
  })
}

function knownPart(part: string, kind: string, { parts = [] }: DatasetLayout): OptionalPart {
  const known = parts.find((one) => one === part)
  if (known !== undefined) return known
  const near = nearestName(part, parts)
  throw new PixelwiseError('usage/unknown-part', {
    what: `the layout ${kind} has no part "${part}"`,
    rule: parts.length === 0 ? 'it has image and labels alone' : `its parts are ${parts.join(', ')}`,
    next: near === undefined ? 'leave it out' : `did you mean "${near}"?`,
  })
}

async function stats(kind: string, root: string, { split, json }: ReadingOptions): Promise<void> {
  const dataset = await datasetLayouts().get(kind).open(root, { split })
  const found = await datasetStatistics(dataset, { onProgress: progress('reading') })
  if (json) return printJson({ ...about(dataset), ...found })
  const numbers = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(' ')
  print(balance(dataset.classes, found.classPixels, found.classImages, found.ignoredPixels))
  print(`\nred, green, blue: mean ${numbers(found.mean)}, standard deviation ${numbers(found.standardDeviation)}`)
  print(`${described(dataset, found.examples)}, ${grouped(found.pixels)} pixels`)
}

function about({ name, split, classes }: Dataset): object {
  return { name, split, classes: classes.names }
}

function described({ name, split }: Dataset, examples: number): string {
  return `${name}, ${split}: ${examples} examples`
}

function balance(
  { names }: ClassList,
  pixels: readonly number[],
  images: readonly number[],
  ignoredPixels: number,
): string {
  const counted = pixels.reduce((sum, count) => sum + count, 0)
  const columns = [
    { heading: '', align: 'right' },
    { heading: 'class' },
    { heading: 'pixels', align: 'right' },
    { heading: 'share', align: 'right' },
    { heading: 'images', align: 'right' },
  ] as const
  const rows = names.map((name, label) => [
    String(label),
    name,
    grouped(pixels[label]),
    percent(pixels[label] / counted),
    String(images[label]),
  ])
  return table(columns, [...rows, ['', 'ignored', grouped(ignoredPixels), '', '']])
}

interface SplitFlags {
  readonly heldOut: number
  readonly seed?: string
  readonly overwrite?: true
  readonly json?: true
}

async function split(root: string, { json, ...options }: SplitFlags): Promise<void> {
  const { train, val, unlabelled } = await splitFolder(root, options)
  if (json) return printJson({ root, train, val, unlabelled })
  if (unlabelled.length > 0) note(`pictures without labels, in neither list: ${unlabelled.length}`)
  print(`${train.length} pictures to learn from in ${join(root, 'train.txt')}`)
  print(`${val.length} held out in ${join(root, 'val.txt')}`)
}

/** `1-3`, or `2` for exactly two. */
function parseRange(text: string): readonly [fewest: number, most: number] {
  const [, fewest, most = fewest] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  if (Number(fewest) >= 1 && Number(fewest) <= Number(most)) return [Number(fewest), Number(most)]
  throw new InvalidArgumentError('It is a number of objects, or a range such as 1-3.')
}

interface SynthesizeFlags {
  readonly train?: number
  readonly val?: number
  readonly size?: readonly [number, number]
  readonly classes?: readonly string[]
  readonly objects?: readonly [fewest: number, most: number]
  readonly seed?: string
  readonly overwrite?: true
  readonly json?: true
}

async function synthesize(kind: string, root: string, { size, json, ...flags }: SynthesizeFlags): Promise<void> {
  if (flags.train === 0 && flags.val === 0) throw wrongUse("options '--train <N>' and '--val <N>' are 0 both")
  const options = size === undefined ? flags : { ...flags, height: size[0], width: size[1] }
  const layout = datasetLayouts().get(kind)
  const work = stoppable()
  const onProgress = untilStopped(work, progress('drawing'))
  await layout.synthesize(root, { ...options, onProgress }).finally(work.dispose)
  if (json) printJson({ kind, root, ...options })
  else print(`wrote ${root}; look at it with "pixelwise datasets stats ${kind} ${root}"`)
}
