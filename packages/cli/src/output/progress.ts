import { grouped } from './numbers.js'
import { draft, note } from './streams.js'

/** Called with what is done and how much there is in all; 0 where that is not known. */
export type OnProgress = (done: number, total: number) => void

/**
 * Shows on stderr how work gets on: `labelling 480/10,000  12 images/s  13m20s left`.
 *
 * On a terminal that is one line which rewrites itself; elsewhere a plain line every twentieth of the work, or every ten
 * seconds where twentieths come faster.
 *
 * @param what the work, as in `labelling`
 * @param unit what it is counted in
 */
export function progress(what: string, unit = 'images'): OnProgress {
  const describe = describer(what, unit)
  return process.stderr.isTTY ? onTerminal(describe) : inLog(describe)
}

type Describe = (done: number, total: number) => string

function onTerminal(describe: Describe): OnProgress {
  let drawn = Number.NEGATIVE_INFINITY
  return (done, total) => {
    const line = describe(done, total)
    if (done === total) return note(line)
    if (Date.now() - drawn < redrawMilliseconds) return
    drawn = Date.now()
    draft(line)
  }
}

const redrawMilliseconds = 100

function inLog(describe: Describe): OnProgress {
  let told = { twentieth: 0, time: Date.now() }
  return (done, total) => {
    const line = describe(done, total)
    const now = { twentieth: Math.floor((20 * done) / total), time: Date.now() }
    if (now.twentieth === told.twentieth || now.time - told.time < logMilliseconds) return
    told = now
    note(line)
  }
}

const logMilliseconds = 10_000

/** The first part of the work compiles and fills caches: the clock starts after it. */
function describer(what: string, unit: string): Describe {
  let first: { readonly done: number; readonly time: number } | undefined
  return (done, total) => {
    first ??= { done, time: Date.now() }
    const count = `${what} ${grouped(done)}${total === 0 ? '' : `/${grouped(total)}`}`
    const perSecond = (1000 * (done - first.done)) / (Date.now() - first.time)
    if (!Number.isFinite(perSecond) || perSecond === 0) return count
    const speed = `${count}  ${Number(perSecond.toPrecision(2))} ${unit}/s`
    return done >= total ? speed : `${speed}  ${duration((total - done) / perSecond)} left`
  }
}

/** `42s`, `3m07s`, `5h02m`. */
function duration(time: number): string {
  const seconds = Math.round(time)
  const two = (value: number) => String(value).padStart(2, '0')
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`
  return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m`
}
