import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Checkpoint } from '../checkpoint.js'
import type { CheckpointPolicy, StepEvent } from '../train-options.js'
import { checkpointFolder } from './checkpoint-folder.js'
import { openRunLog } from './run-log.js'
import { tensorboardWriter } from './tensorboard-writer.js'

/** What a run depends on, and what is kept of it. */
export interface RunFolderOptions {
  /** Everything that the run depends on, as JSON; stored, and compared when the run is resumed. */
  readonly config: Readonly<Record<string, unknown>>
  /** Goes on with what the folder holds, or starts where it holds nothing. Default false: a folder with a run is refused. */
  readonly resume?: boolean
  /** Keys of the configuration that may change from one part of the run to the next, such as `steps`. */
  readonly mayChange?: readonly string[]
  /** Steps between checkpoints. Default: only the last. */
  readonly every?: number
  /** Latest checkpoints to keep, besides the best one. Default 2. */
  readonly keep?: number
}

/** A run on disk, for `train`. */
export interface RunFolder {
  readonly path: string
  /** For `train`: where to go on from; undefined at the start. */
  readonly resumeFrom: Checkpoint | undefined
  /** For `train`: stores the last, every n-th and best checkpoint. */
  readonly checkpoint: CheckpointPolicy
  /** For `train`'s `onStep`: a row in `steps.csv`, and the curves of TensorBoard. */
  readonly step: (event: StepEvent) => void
  /** A line in `evaluations.jsonl`, and a curve each. */
  evaluation(step: number, scores: Readonly<Record<string, number>>): void
  /** A picture `samples/step-000200/NAME.png`, also for TensorBoard. */
  sample(
    step: number,
    name: string,
    image: { readonly height: number; readonly width: number; readonly png: Uint8Array },
  ): void
  /** The checkpoint of the best evaluation, or undefined when there was none. */
  best(): Promise<Checkpoint | undefined>
  /** Closes the logs. */
  close(): void
}

/**
 * Opens the folder of a run, new or to be resumed.
 *
 * It holds `config.json`; `checkpoints/step-…`, the latest; `best/step-…`, the one of the best evaluation; `steps.csv` and
 * `evaluations.jsonl`; TensorBoard's event files; `samples/`. All are written so that a process may be killed at any
 * moment: what a resumed run finds is whole, and what it adds makes the logs those of an uninterrupted run.
 *
 * A run is what has a checkpoint; before its first one it starts anew. Throws `run/exists` for a folder that holds a run,
 * unless it is to be resumed, `run/no-folder` for one that cannot be made, and `run/other-config` where the run was started with other settings.
 *
 * @example
 * const run = await openRunFolder('runs/voc', { config: { steps, seed }, resume: true, every: 1000 })
 * await train({ …, checkpoint: run.checkpoint, resume: run.resumeFrom, onStep: run.step })
 * run.close()
 */
export async function openRunFolder(path: string, options: RunFolderOptions): Promise<RunFolder> {
  const { every, keep, resume = false } = options
  const latest = checkpointFolder(join(path, 'checkpoints'), { keep })
  const best = checkpointFolder(join(path, 'best'), { keep: 1 })
  makeFolder(path)
  if ((await latest.steps()).length > 0) requireSameRun(path, options)
  writeWhole(join(path, 'config.json'), `${JSON.stringify(options.config, null, 2)}\n`)
  const resumeFrom = resume ? await latest.latest() : undefined
  const done = resumeFrom?.step ?? 0
  const steps = openRunLog(join(path, 'steps.csv'), {
    heading: stepColumns.join(','),
    step: done,
    stepOf: (line) => (/^\d+,/.test(line) ? Number.parseInt(line, 10) : null),
  })
  const evaluations = openRunLog(join(path, 'evaluations.jsonl'), {
    // An evaluation comes before the checkpoint of its step, unless the run was stopped between the two.
    step: resumeFrom?.evaluation?.lastStep ?? 0,
    stepOf: (line) => JSON.parse(line).step,
  })
  const tensorboard = tensorboardWriter(path, resumeFrom && { resumeFrom: done })
  return {
    path,
    resumeFrom,
    checkpoint: { every, save: latest.save, saveBest: best.save },
    step: (event) => {
      steps.append(stepColumns.map((column) => event[column]).join(','))
      tensorboard.step(event)
    },
    evaluation: (step, scores) => {
      evaluations.append(JSON.stringify({ step, ...scores }))
      for (const [name, score] of Object.entries(scores)) tensorboard.scalar(`evaluation/${name}`, step, score)
    },
    sample: (step, name, image) => {
      const folder = join(path, 'samples', `step-${String(step).padStart(6, '0')}`)
      mkdirSync(folder, { recursive: true })
      writeWhole(join(folder, `${name}.png`), image.png)
      tensorboard.image(`samples/${name}`, step, image)
    },
    best: best.latest,
    close: () => {
      steps.close()
      evaluations.close()
      tensorboard.close()
    },
  }
}

const stepColumns = [
  'step',
  'loss',
  'averageLoss',
  'learningRate',
  'examples',
  'milliseconds',
  'dataMilliseconds',
] as const

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    throw new PixelwiseError('run/no-folder', {
      what: `cannot make the folder ${path} (${cause instanceof Error && 'code' in cause ? cause.code : cause})`,
      rule: 'a run has a folder of its own, whose place is writable and taken by no file',
      next: 'choose another folder',
      cause,
    })
  }
}

/** What has a checkpoint is a run, to be resumed with the settings that it was started with. */
function requireSameRun(path: string, { config, resume = false, mayChange = [] }: RunFolderOptions): void {
  if (!resume) throw runExists(path)
  const file = join(path, 'config.json')
  const differences = differingKeys(readConfig(file), JSON.parse(JSON.stringify(config)))
  const forbidden = differences.filter(({ key }) => !mayChange.includes(key))
  if (forbidden.length > 0) throw otherConfig(file, forbidden)
}

function readConfig(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new PixelwiseError('run/bad-config', {
      what: `cannot read ${file} (${cause instanceof Error ? cause.message : cause})`,
      rule: 'it holds the settings that the run was started with',
      next: 'restore the file, or start in another folder',
      cause,
    })
  }
}

function differingKeys(there: Record<string, unknown>, here: Record<string, unknown>) {
  return [...new Set([...Object.keys(there), ...Object.keys(here)])]
    .map((key) => ({ key, there: JSON.stringify(there[key]), here: JSON.stringify(here[key]) }))
    .filter((pair) => pair.there !== pair.here)
}

function writeWhole(file: string, content: string | Uint8Array): void {
  writeFileSync(`${file}.partial`, content)
  renameSync(`${file}.partial`, file)
}

function runExists(path: string): PixelwiseError {
  return new PixelwiseError('run/exists', {
    what: `${path} holds a run`,
    rule: 'each run has a folder of its own',
    next: 'resume it, choose another folder, or remove this one',
  })
}

function otherConfig(file: string, differences: ReturnType<typeof differingKeys>): PixelwiseError {
  const list = differences.map(({ key, there, here }) => `${key} was ${there ?? 'not set'} and is ${here ?? 'not set'}`)
  return new PixelwiseError('run/other-config', {
    what: `cannot resume with other settings than those of ${file}: ${list.join('; ')}`,
    rule: 'a resumed run ends as the one it continues would have',
    next: 'set them back, or start a new run in another folder',
  })
}
