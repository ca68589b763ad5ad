import { datasetLayouts } from '@pixelwise/datasets/node'
import { Command } from 'commander'

/** A command on a data set of a layout, with the layouts in its help. */
export function layoutCommand(name: string, description: string, root: string): Command {
  const layouts = [...datasetLayouts().entries()]
  const widest = Math.max(...layouts.map(([kind]) => kind.length))
  const lines = layouts.map(([kind, { summary }]) => `  ${kind.padEnd(widest)}  ${summary}`)
  return new Command(name)
    .description(description)
    .argument('<kind>', 'the layout, see below')
    .argument('<root>', root)
    .addHelpText('after', `\nLayouts:\n${lines.join('\n')}`)
}

/** One that reads a data set which is there. */
export function readingCommand(name: string, description: string): Command {
  return layoutCommand(name, description, 'the folder of the data set')
    .option('--split <name>', "one of the data set's lists; train unless told, or all where there are none")
    .option('--json', 'print JSON')
}

export interface ReadingFlags {
  readonly split?: string
  readonly json?: true
}
