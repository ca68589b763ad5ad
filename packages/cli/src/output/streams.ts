/** Writes a result to stdout, with a line break. */
export function print(text: string): void {
  clearDraft()
  process.stdout.write(`${text}\n`)
}

/** Writes a result to stdout as JSON; numbers that are not finite become null. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2))
}

/** Whether stderr, a terminal, ends in a line that is to be rewritten. */
let isDrafted = false

/** Writes a line to stderr that whatever is written next takes the place of; for terminals alone. */
export function draft(text: string): void {
  process.stderr.write(`${rewrite}${text}`)
  isDrafted = true
}

/** Writes a warning, an error or the end of a progress to stderr, with a line break. */
export function note(text: string): void {
  clearDraft()
  process.stderr.write(`${text}\n`)
}

function clearDraft(): void {
  if (isDrafted) process.stderr.write(rewrite)
  isDrafted = false
}

/** Goes to the beginning of the line and clears it. */
const rewrite = '\r\u001b[2K'

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
