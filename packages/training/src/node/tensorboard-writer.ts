import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { StepEvent } from '../train-options.js'
import { encodeEvent, frameRecord, type LogValue } from './event-encoding.js'

/**
 * Writes a log that TensorBoard shows: `tensorboard --logdir <folder>`.
 *
 * Every entry is on disk when the call returns. Each writer starts a new file; TensorBoard joins the files of a
 * folder, so a resumed run continues the curves.
 *
 * @example
 * const log = tensorboardWriter('runs/fcn32s')
 * await train({ …, onStep: log.step })
 * log.scalar('validation/mean IU', 200, scores.meanIU)
 * log.close()
 */
export function tensorboardWriter(
  folder: string,
  { now = Date.now, resumeFrom }: TensorboardOptions = {},
): TensorboardWriter {
  mkdirSync(folder, { recursive: true })
  const { file, path } = createFile(folder, Math.floor(now() / 1000))
  const append = (event: Omit<Parameters<typeof encodeEvent>[0], 'wallTime'>) =>
    void writeSync(file, frameRecord(encodeEvent({ wallTime: now() / 1000, ...event })))
  const write = (step: number, values: readonly LogValue[]) => append({ step, values })
  append({ fileVersion: 'brain.Event:2' })
  if (resumeFrom !== undefined) append({ step: resumeFrom + 1, sessionStart: true })
  return {
    path,
    scalar: (tag, step, scalar) => write(step, [{ tag, scalar }]),
    image: (tag, step, image) => write(step, [{ tag, image }]),
    step: ({ step, loss, averageLoss, learningRate }) =>
      write(step, [
        { tag: 'train/loss', scalar: loss },
        { tag: 'train/average loss', scalar: averageLoss },
        { tag: 'train/learning rate', scalar: learningRate },
      ]),
    close: () => closeSync(file),
  }
}

/** Clock and start of a TensorBoard file. */
export interface TensorboardOptions {
  /** Clock in milliseconds. */
  readonly now?: () => number
  /** Finished steps of the checkpoint that the run goes on from: TensorBoard forgets what other files say of later steps. */
  readonly resumeFrom?: number
}

/** Writes values and pictures where TensorBoard finds them. */
export interface TensorboardWriter {
  /** The file that is written. */
  readonly path: string
  /** Writes one value of a curve. */
  scalar(tag: string, step: number, value: number): void
  /**
   * Writes one picture.
   *
   * @param image PNG bytes and their size
   */
  image(
    tag: string,
    step: number,
    image: { readonly height: number; readonly width: number; readonly png: Uint8Array },
  ): void
  /** For `train`'s `onStep`: loss, average loss and learning rate. */
  readonly step: (event: StepEvent) => void
  /** Closes the file. */
  close(): void
}

/** A new file by TensorBoard's naming rule; a second one of the same second gets a number. */
function createFile(folder: string, second: number): { file: number; path: string } {
  for (let copy = 0; ; copy++) {
    const path = join(folder, `events.out.tfevents.${second}.${hostname()}.${process.pid}.${copy}`)
    try {
      return { file: openSync(path, 'wx'), path }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
}
