import { datasetStatistics } from '@pixelwise/datasets'
import { datasetLayouts } from '@pixelwise/datasets/node'
import type { Command } from 'commander'
import { about, balanceTable, described } from '../datasets/class-balance.js'
import { type ReadingFlags, readingCommand } from '../datasets/layout-command.js'
import { grouped } from '../output/numbers.js'
import { progress } from '../output/progress.js'
import { print, printJson } from '../output/streams.js'

/** `pixelwise datasets stats`: mean colour and class balance. */
export function datasetsStatsCommand(): Command {
  return readingCommand('stats', 'mean colour and class balance')
    .addHelpText(
      'after',
      `
Wants a sound data set: check it first.

Example:
  pixelwise datasets stats voc VOCdevkit/VOC2012`,
    )
    .action(run)
}

async function run(kind: string, root: string, { split, json }: ReadingFlags): Promise<void> {
  const dataset = await datasetLayouts().get(kind).open(root, { split })
  const found = await datasetStatistics(dataset, { onProgress: progress('reading') })
  if (json) return printJson({ ...about(dataset), ...found })
  const numbers = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(' ')
  print(balanceTable(dataset.classes, found))
  print(`\nred, green, blue: mean ${numbers(found.mean)}, standard deviation ${numbers(found.standardDeviation)}`)
  print(`${described(dataset, found.examples)}, ${grouped(found.pixels)} pixels`)
}
