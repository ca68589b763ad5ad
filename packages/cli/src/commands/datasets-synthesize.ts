import { objectKinds } from '@pixelwise/datasets'
import { datasetLayouts } from '@pixelwise/datasets/node'
import { type Command, InvalidArgumentError } from 'commander'
import { layoutCommand } from '../datasets/layout-command.js'
import { parseCount, parseSize } from '../output/parse.js'
import { progress } from '../output/progress.js'
import { stoppable, untilStopped } from '../output/stoppable.js'
import { print, printJson } from '../output/streams.js'
import { wrongUse } from '../output/usage-error.js'

/** `pixelwise datasets synthesize`: a synthetic data set in the layout of a real one. */
export function datasetsSynthesizeCommand(): Command {
  return layoutCommand('synthesize', 'write a synthetic data set in the layout of a real one', 'a new or empty folder')
    .option('--train <N>', 'training images', parseCount)
    .option('--val <N>', 'validation images', parseCount)
    .option('--size <HxW>', 'image size in pixels', parseSize)
    .option('--classes <names...>', `kinds of objects to draw; default: ${Object.keys(objectKinds).join(' ')}`)
    .option('--objects <N-M>', 'fewest and most objects of a scene; default: 3-6', parseRange)
    .option('--seed <seed>', 'equal seeds give equal scenes')
    .option('--overwrite', 'replace an earlier synthesis')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  pixelwise datasets synthesize voc scenes --train 400 --val 100 --seed 1')
    .action(run)
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

async function run(kind: string, root: string, { size, json, ...flags }: SynthesizeFlags): Promise<void> {
  if (flags.train === 0 && flags.val === 0) throw wrongUse("options '--train <N>' and '--val <N>' are 0 both")
  const options = size === undefined ? flags : { ...flags, height: size[0], width: size[1] }
  const layout = datasetLayouts().get(kind)
  const work = stoppable()
  const onProgress = untilStopped(work, progress('drawing'))
  await layout.synthesize(root, { ...options, onProgress }).finally(work.dispose)
  if (json) printJson({ kind, root, ...options })
  else print(`wrote ${root}; look at it with "pixelwise datasets stats ${kind} ${root}"`)
}

/** `1-3`, or `2` for exactly two. */
function parseRange(text: string): readonly [fewest: number, most: number] {
  const [, fewest, most = fewest] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  if (Number(fewest) >= 1 && Number(fewest) <= Number(most)) return [Number(fewest), Number(most)]
  throw new InvalidArgumentError('It is a number of objects, or a range such as 1-3.')
}
