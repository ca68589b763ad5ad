import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { BackendName } from './candidate.js'

/** Makes a registered backend the current one. Throws `backend/failed-to-start` when tfjs cannot initialise it. */
export async function activate(name: BackendName): Promise<void> {
  if (await tf.setBackend(name)) return
  throw failedToStart(name, 'tfjs could not initialise it and printed the reason as a warning')
}

export function failedToStart(
  name: BackendName,
  rule: string,
  { next = 'mend that, or choose another backend', cause }: { next?: string; cause?: unknown } = {},
): PixelwiseError {
  return new PixelwiseError('backend/failed-to-start', {
    what: `backend "${name}" was found but did not start`,
    rule,
    next,
    cause,
  })
}

/** A peer that a bundler or an import map should have brought into the page is not there. */
export function peerNotLoaded(name: BackendName, peer: string, cause: unknown): PixelwiseError {
  return new PixelwiseError('backend/missing-package', {
    what: `backend "${name}" needs a package that could not be loaded`,
    rule: `it runs on ${peer} (${messageOf(cause)})`,
    next: `run npm install ${peer} and bundle the page again`,
    cause,
  })
}

/** The message of anything thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n')[0].trim().replace(/\.$/, '')
}
