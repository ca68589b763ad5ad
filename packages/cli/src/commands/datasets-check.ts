import { checkDataset } from '@pixelwise/datasets'
import { type DatasetLayout, datasetLayouts, type OptionalPart } from '@pixelwise/datasets/node'
import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import type { Command } from 'commander'
import { about, balanceTable, described } from '../datasets/class-balance.js'
import { type ReadingFlags, readingCommand } from '../datasets/layout-command.js'
import { commandForMissingLists } from '../datasets/missing-lists.js'
import { counted } from '../output/numbers.js'
import { progress } from '../output/progress.js'
import { note, print, printJson } from '../output/streams.js'

/** `pixelwise datasets check`: what is wrong with each example. */
export function datasetsCheckCommand(): Command {
  return readingCommand('check', 'read every example and list what is wrong, with file and pixel')
    .option('--with <parts...>', `further parts to read: ${partsOfLayouts()}`)
    .addHelpText(
      'after',
      `
Exits with 1 when anything is wrong.

Examples:
  pixelwise datasets check voc VOCdevkit/VOC2012 --split val
  pixelwise datasets check nyud nyud --with depth hha`,
    )
    .action(run)
}

function partsOfLayouts(): string {
  const described = [...datasetLayouts().entries()].flatMap(([kind, { parts }]) =>
    parts === undefined ? [] : `${parts.join(', ')} (${kind})`,
  )
  return described.join('; ')
}

interface CheckFlags extends ReadingFlags {
  readonly with?: readonly string[]
}

async function run(kind: string, root: string, { split, json, with: wanted = [] }: CheckFlags): Promise<void> {
  const layout = datasetLayouts().get(kind)
  const parts = wanted.map((part) => [knownPart(part, kind, layout), true])
  const dataset = await layout.open(root, { split, ...Object.fromEntries(parts) })
  const report = await checkDataset(dataset, { onProgress: progress('reading') })
  const { examples, problems } = report
  if (json) printJson({ ...about(dataset), ...report })
  else {
    for (const { message } of problems) print(message)
    if (problems.length > 0) print('')
    const verdict = problems.length === 0 ? 'nothing wrong' : counted(problems.length, 'problem')
    print(`${balanceTable(dataset.classes, report)}\n\n${described(dataset, examples)}: ${verdict}`)
  }
  if (problems.length > 0) throw hasProblems(root, problems.length)
  const drawing = commandForMissingLists(kind, root)
  if (drawing !== undefined) note(`note: no list says what to learn from; "${drawing}" draws one, and what is held out`)
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

function hasProblems(root: string, count: number): PixelwiseError {
  return new PixelwiseError('datasets/problems', {
    what: `${root} has ${counted(count, 'problem')}`,
    rule: 'every example must be readable, with labels that the classes know',
    next: 'mend or remove what is listed',
  })
}
