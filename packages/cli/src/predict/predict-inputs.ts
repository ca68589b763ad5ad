import { join } from 'node:path'
import { PixelwiseError } from '@pixelwise/core'
import { progress } from '../output/progress.js'
import { stoppable } from '../output/stoppable.js'
import { note } from '../output/streams.js'
import { findInputs, type Input } from './find-inputs.js'
import { openSubject, type Subject, type SubjectOptions } from './open-subject.js'
import { isArray, predictInput, type Size } from './predict-input.js'
import { type Shard, shardOf } from './shard.js'
import { areWritten, type Product, products, type ResultFiles, resultFiles } from './write-results.js'

export interface PredictOptions extends SubjectOptions {
  readonly out: string
  readonly save: readonly Product[]
  readonly shard?: Shard
  /** Leaves out inputs whose results are there. */
  readonly resume: boolean
}

type Done = { readonly input: string } & Size & ResultFiles
type Failed = { readonly input: string; readonly error: string }

/** What became of each input. */
export interface PredictReport {
  readonly engine: string
  readonly done: readonly Done[]
  readonly failed: readonly Failed[]
  /** Inputs that were labelled before. */
  readonly skipped: number
  /** Inputs that were not reached before Ctrl-C. */
  readonly left: number
}

/** Labels every input, one after the other, and goes on after those that fail; memory does not grow with their number. */
export async function predictInputs(patterns: readonly string[], options: PredictOptions): Promise<PredictReport> {
  const inputs = await jobsOf(patterns, options)
  const jobs = options.resume ? inputs.filter(({ files }) => !areWritten(files)) : inputs
  const subject = await openSubject(options)
  try {
    const outcomes = await labelAll(subject, jobs)
    const done = outcomes.flatMap((outcome) => ('error' in outcome ? [] : [outcome]))
    const failed = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []))
    const { engine } = subject
    return { engine, done, failed, skipped: inputs.length - jobs.length, left: jobs.length - outcomes.length }
  } finally {
    subject.dispose()
  }
}

/** An input, and where its results go. */
interface Job extends Input {
  readonly files: ResultFiles
}

async function jobsOf(patterns: readonly string[], { out, save, shard }: PredictOptions): Promise<Job[]> {
  const results = products.map((product) => join(out, product))
  const inputs = shardOf(await findInputs(patterns, results), shard)
  return inputs.map((input) => ({ ...input, files: resultFiles(out, input.name, save, isArray(input)) }))
}

/** What became of the inputs until the last one, or until Ctrl-C. */
async function labelAll(subject: Subject, jobs: readonly Job[]): Promise<(Done | Failed)[]> {
  const outcomes: (Done | Failed)[] = []
  const show = progress('labelling')
  const work = stoppable()
  try {
    for (const job of jobs) {
      if (work.isStopped) break
      outcomes.push(await labelOne(subject, job))
      show(outcomes.length, jobs.length)
    }
    return outcomes
  } finally {
    work.dispose()
  }
}

async function labelOne(subject: Subject, job: Job): Promise<Done | Failed> {
  const { file, files } = job
  try {
    return { input: file, ...(await predictInput(subject, job, files)), ...files }
  } catch (error) {
    if (!(error instanceof PixelwiseError) || !isAboutInput(error)) throw error
    note(`warning: ${error.message.startsWith(file) ? '' : `${file}: `}${error.message}`)
    return { input: file, error: error.message }
  }
}

/** What is wrong with the folder of results, the net or the size of tiles is wrong for every input. */
function isAboutInput({ code }: PixelwiseError): boolean {
  const ofAll = ['cli/cannot-write', 'predict/one-class', 'predict/several-inputs', 'predict/no-output']
  return !ofAll.includes(code) && !code.startsWith('tiling/')
}
