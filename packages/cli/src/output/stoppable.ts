import { PixelwiseError } from '@pixelwise/masks/shared'

/** Work that Ctrl-C stops between two of its parts, so that what it wrote aside is taken away. */
export interface Stoppable {
  /** Reports progress, and throws `cli/interrupted` once Ctrl-C was pressed. */
  readonly show: (done: number, total: number) => void
  /** Leaves Ctrl-C to others again. */
  dispose(): void
}

/** Makes progress stoppable. The second Ctrl-C ends the process at once, as it does without. */
export function stoppable(show: (done: number, total: number) => void): Stoppable {
  let isStopped = false
  const stop = () => {
    isStopped = true
  }
  process.once('SIGINT', stop)
  return {
    show: (done, total) => {
      show(done, total)
      if (!isStopped || done === total) return
      throw new PixelwiseError('cli/interrupted', {
        what: `stopped after ${done} of ${total}`,
        rule: 'unfinished results are not kept',
        next: 'run it again',
      })
    },
    dispose: () => process.off('SIGINT', stop),
  }
}
