import { Command } from 'commander'
import { datasetsCheckCommand } from './datasets-check.js'
import { datasetsSplitCommand } from './datasets-split.js'
import { datasetsStatsCommand } from './datasets-stats.js'
import { datasetsSynthesizeCommand } from './datasets-synthesize.js'

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
    .addCommand(datasetsCheckCommand())
    .addCommand(datasetsStatsCommand())
    .addCommand(datasetsSplitCommand())
    .addCommand(datasetsSynthesizeCommand())
}
