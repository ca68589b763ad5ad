/** Writes a result to stdout, with a line break. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Writes a result to stdout as JSON; numbers that are not finite become null. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2))
}

/** Writes progress, a warning or an error to stderr, with a line break. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

/**
 * One line on stderr that rewrites itself; nothing where stderr is not a terminal, so that logs stay short.
 * The function returned takes what is done and how much there is; a line break follows the last.
 */
export function progress(what: string): (done: number, total: number) => void {
  if (!process.stderr.isTTY) return () => undefined
  return (done, total) => {
    process.stderr.write(`\r${what} ${done}/${total}${done === total ? '\n' : ''}`)
  }
}

/** Emphasis for headings where stdout is a terminal and NO_COLOR does not forbid it (no-color.org). */
export function bold(text: string): string {
  return isPlain(process.stdout) ? text : `\u001b[1m${text}\u001b[22m`
}

/** Red for stderr, under the same condition. */
export function red(text: string): string {
  return isPlain(process.stderr) ? text : `\u001b[31m${text}\u001b[39m`
}

function isPlain(stream: NodeJS.WriteStream): boolean {
  return !stream.isTTY || Boolean(process.env['NO_COLOR']) || process.env['TERM'] === 'dumb'
}
