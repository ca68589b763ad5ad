import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'

/** A text file of one line per record, written as it comes. */
export interface RunLog {
  append(line: string): void
  close(): void
}

/**
 * Opens a log whose lines each belong to a step, to go on after the step of a checkpoint.
 *
 * What the file says of later steps, and a last line that a killed process left unfinished, is dropped, so that a resumed
 * run leaves the log of an uninterrupted one. Lines that `stepOf` gives null are kept: a heading.
 */
export function openRunLog(
  path: string,
  { heading, step, stepOf }: { heading?: string; step: number; stepOf: (line: string) => number | null },
): RunLog {
  const earlier = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
  const kept = earlier.filter((line) => {
    const at = stepOf(line)
    return at === null ? line === heading : at <= step
  })
  if (heading !== undefined && kept[0] !== heading) kept.unshift(heading)
  writeFileSync(`${path}.partial`, kept.map((line) => `${line}\n`).join(''))
  renameSync(`${path}.partial`, path)
  const file = openSync(path, 'a')
  return {
    append: (line) => void writeSync(file, `${line}\n`),
    close: () => closeSync(file),
  }
}
