import { join } from 'node:path'
import { splitFolder } from '@pixelwise/datasets/node'
import { Command, InvalidArgumentError } from 'commander'
import { counted } from '../output/numbers.js'
import { note, print, printJson } from '../output/streams.js'

/** `pixelwise datasets split`: what of a folder of one's own is learnt from, and what is held out. */
export function datasetsSplitCommand(): Command {
  return new Command('split')
    .description('draw which pictures of a folder of your own are learnt from and which are held out')
    .argument('<root>', 'the folder: images/, labels/ and classes.txt')
    .option('--held-out <share>', 'share of the labelled pictures that nets are scored on', parseShare, 0.2)
    .option('--seed <seed>', 'equal seeds draw equal lists')
    .option('--overwrite', 'replace the lists that are there')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Writes ROOT/train.txt and ROOT/val.txt.

Example:
  pixelwise datasets split my-photos --held-out 0.2 --seed 1`,
    )
    .action(run)
}

interface SplitFlags {
  readonly heldOut: number
  readonly seed?: string
  readonly overwrite?: true
  readonly json?: true
}

async function run(root: string, { json, ...options }: SplitFlags): Promise<void> {
  const { train, val, unlabelled } = await splitFolder(root, options)
  if (json) return printJson({ root, train, val, unlabelled })
  if (unlabelled.length > 0) note(`pictures without labels, in neither list: ${unlabelled.length}`)
  print(`${counted(train.length, 'picture')} to learn from in ${join(root, 'train.txt')}`)
  print(`${val.length} held out in ${join(root, 'val.txt')}`)
}

/** Between 0 and 1, both left out; `20%` is 0.2. */
function parseShare(text: string): number {
  const value = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : Number(text)
  if (value > 0 && value < 1) return value
  throw new InvalidArgumentError('It is a share above 0 and below 1, such as 0.2 or 20%.')
}
