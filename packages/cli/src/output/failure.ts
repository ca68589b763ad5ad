import { PixelwiseError } from '@pixelwise/masks/shared'
import { red } from './streams.js'

/** What to print when a command fails: one clear message; the stack with its causes when DEBUG is set. */
export function describeFailure(error: unknown): string {
  const label = red('error:')
  if (process.env['DEBUG']) return `${label} ${stackOf(error)}`
  if (error instanceof PixelwiseError) return `${label} ${inOurWords(error)}`
  const text = error instanceof Error ? error.message : String(error)
  return `${label} ${text}: this was not foreseen; run it again with DEBUG=1 and report what it prints`
}

/** Next steps that the packages tell in code, as the command line takes them. */
const ourWords = [
  [/^add it with add\(.*\)$/, 'choose one of these'],
  [/\bpass overwrite\b/, 'pass --overwrite'],
  [/ and resume from the newest that is left/, ' and go on with --resume from the newest that is left'],
  [/, or pass \{ description: .*$/, ''],
] as const

function inOurWords({ what, rule, next }: PixelwiseError): string {
  const told = ourWords.reduce((text, [theirs, ours]) => text.replace(theirs, ours), next)
  return `${what}: ${rule}; ${told}`
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
