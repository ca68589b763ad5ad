import { PixelwiseError } from '@pixelwise/masks/shared'
import { red } from './streams.js'

/** What to print when a command fails: one clear message; the stack with its causes when DEBUG is set. */
export function describeFailure(error: unknown): string {
  const label = red('error:')
  if (process.env['DEBUG']) return `${label} ${stackOf(error)}`
  if (error instanceof PixelwiseError) return `${label} ${error.message}`
  const text = error instanceof Error ? error.message : String(error)
  return `${label} ${text}: this was not foreseen; run it again with DEBUG=1 and report what it prints`
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
