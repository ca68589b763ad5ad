import type { StepEvent } from '../train-options.js'

/**
 * Shows how a run gets on, for `train`'s `onStep`.
 *
 * On a terminal: one line that redraws itself, with loss, learning rate, images per second and the time left. Elsewhere (a log file, CI):
 * a plain line every `every` steps. Colour only on a terminal, and not when `NO_COLOR` is set.
 *
 * @example
 * const progress = progressBar()
 * await train({ …, onStep: progress.step })
 * progress.end()
 */
export function progressBar(options: ProgressOptions = {}): ProgressBar {
  const { stream = process.stderr, now = Date.now, colour = !process.env.NO_COLOR } = options
  const paint = (code: number, text: string) => (colour && stream.isTTY ? `\x1b[${code}m${text}\x1b[0m` : text)
  let first: { readonly step: number; readonly time: number } | null = null
  let examples = 0
  let drawn = Number.NEGATIVE_INFINITY
  let open = false

  const left = ({ step, steps }: StepEvent) => {
    if (first === null || step === first.step) return '…'
    return duration(((now() - first.time) / (step - first.step)) * (steps - step))
  }
  const speed = () => {
    const seconds = (now() - (first?.time ?? 0)) / 1000
    return examples === 0 ? '' : `  ${Number((examples / seconds).toPrecision(3))} images/s`
  }
  const numbers = ({ averageLoss, learningRate }: StepEvent) =>
    `loss ${averageLoss.toPrecision(4)}  rate ${Number(learningRate.toPrecision(3))}${speed()}`

  const redraw = (event: StepEvent) => {
    const done = event.step === event.steps
    if (now() - drawn < redrawMilliseconds && !done) return
    drawn = now()
    const count = `${event.step}/${event.steps}`
    const tail = `${count}  ${numbers(event)}  ${left(event)} left`
    const room = Math.min(30, (stream.columns ?? 80) - tail.length - 2)
    stream.write(`\r\x1b[2K${room >= 5 ? `${bar(event.step / event.steps, room, paint)} ` : ''}${tail}`)
    open = true
  }
  const line = (event: StepEvent) => {
    const every = options.every ?? Math.max(1, Math.ceil(event.steps / 20))
    if (event.step % every !== 0 && event.step !== event.steps) return
    stream.write(`step ${event.step}/${event.steps}  ${numbers(event)}  ${left(event)} left\n`)
  }

  return {
    step: (event) => {
      // The first step compiles and fills caches: the clock starts after it.
      if (first === null) first = { step: event.step, time: now() }
      else examples += event.examples
      if (stream.isTTY) redraw(event)
      else line(event)
    },
    end: () => {
      if (open) stream.write('\n')
      open = false
    },
  }
}

/** Progress on a terminal, or as plain lines. */
export interface ProgressBar {
  /** For `train`’s `onStep`: draws the bar, or now and then a line. */
  readonly step: (event: StepEvent) => void
  /** Ends the line; call it once, also after an error. */
  readonly end: () => void
}

/** Where progress is shown, and how often. */
export interface ProgressOptions {
  /** Default: standard error, so that results on standard output stay clean. */
  readonly stream?: ProgressStream
  /** Steps between lines where there is no terminal. Default: a twentieth of the run. */
  readonly every?: number
  /** Default: unless the environment sets NO_COLOR. */
  readonly colour?: boolean
  /** Clock in milliseconds. */
  readonly now?: () => number
}

export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const redrawMilliseconds = 100

function bar(share: number, width: number, paint: (code: number, text: string) => string): string {
  const full = Math.round(share * width)
  return paint(32, '━'.repeat(full)) + paint(90, '─'.repeat(width - full))
}

/** `42s`, `3m07s`, `5h02m`. */
function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`
  return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m`
}
