import { PixelwiseError } from '@pixelwise/masks/shared'
import type { OnProgress } from './progress.js'
import { note } from './streams.js'

/** Work that Ctrl-C stops between two of its parts. */
export interface Stoppable {
  /** Whether Ctrl-C was pressed. */
  readonly isStopped: boolean
  /** Leaves Ctrl-C to others again. */
  dispose(): void
}

/** Listens to Ctrl-C. The second one ends the process at once, as it does without. */
export function stoppable(): Stoppable {
  let isStopped = false
  const stop = () => {
    isStopped = true
    note('stopping after what is in hand; press Ctrl-C again to quit at once')
  }
  process.once('SIGINT', stop)
  return {
    get isStopped() {
      return isStopped
    },
    dispose: () => process.off('SIGINT', stop),
  }
}

/** Progress that throws `cli/interrupted` once the work is to stop, so that what it wrote aside is taken away. */
export function untilStopped(work: Stoppable, show: OnProgress): OnProgress {
  return (done, total) => {
    show(done, total)
    if (!work.isStopped || done === total) return
    throw interrupted(done, total, { rule: 'unfinished results are not kept', next: 'run it again' })
  }
}

/** The error of work that Ctrl-C stopped, `cli/interrupted`; the exit code is then 130. */
export function interrupted(
  done: number,
  total: number,
  { rule, next }: { readonly rule: string; readonly next: string },
): PixelwiseError {
  return new PixelwiseError('cli/interrupted', { what: `stopped after ${done} of ${total}`, rule, next })
}
