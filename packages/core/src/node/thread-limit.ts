import { PixelwiseError } from '@pixelwise/masks/shared'

/**
 * How many threads one process may take: the environment variable `PIXELWISE_THREADS`; undefined where it is not set, and
 * all cores are taken.
 *
 * Throws `threads/not-a-number` for anything but a whole number from 1.
 */
export function threadLimit(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): number | undefined {
  const { PIXELWISE_THREADS: text = '' } = environment
  if (text === '') return undefined
  const threads = Number(text)
  if (Number.isInteger(threads) && threads >= 1) return threads
  throw new PixelwiseError('threads/not-a-number', {
    what: `the environment variable PIXELWISE_THREADS is "${text}"`,
    rule: 'it is how many threads one process takes: a whole number from 1',
    next: 'set it to 1 where several processes share a machine, or unset it to take all cores',
  })
}
