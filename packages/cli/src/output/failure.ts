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

const overwrite = (next: string) => next.replace('pass overwrite', 'pass --overwrite')
const resume = (next: string) => next.replace('and resume from', 'and go on with --resume from')

/** Next steps that packages tell in code, as the command line takes them, by the code of the error. */
const ourWords: Readonly<Partial<Record<string, (next: string) => string>>> = {
  'checkpoint/bad-manifest': resume,
  'checkpoint/corrupt': resume,
  'checkpoint/missing': resume,
  'checkpoint/truncated': resume,
  'model/missing-file': () => 'check the path',
  'predict/no-output': (next) => next.replace('pass output:', 'pass --output'),
  'registry/unknown': (next) => (next.startsWith('add it') ? 'choose one of these' : next),
  'run/exists': () => 'go on with --resume, choose another folder with --out, or remove this one',
  'split/exists': overwrite,
  'synthesis/not-empty': overwrite,
  'voc/not-a-voc-folder': () => 'name the folder that holds JPEGImages',
}

function inOurWords({ code, what, rule, next }: PixelwiseError): string {
  return `${what}: ${rule}; ${ourWords[code]?.(next) ?? next}`
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
