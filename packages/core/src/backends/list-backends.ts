import { platform } from '#platform'
import type { BackendDetails, BackendName } from './candidate.js'
import { refusal } from './use-backend.js'

/** One backend as found, without starting it. Plain data, fit for JSON. */
export interface BackendStatus {
  readonly name: BackendName
  readonly available: boolean
  /** True for the one backend that `useBackend("auto")` would try first. */
  readonly automatic: boolean
  /** Why it is not available, or why `auto` passes it over, and what to do about it. */
  readonly reason?: string
  readonly details: BackendDetails
}

/**
 * Every backend, best first: available or why not. Starts none and leaves tfjs and the globals as they are; looking
 * may load native libraries (tensorflow's in another process).
 */
export async function listBackends(): Promise<BackendStatus[]> {
  const found: BackendStatus[] = []
  for (const candidate of platform.candidates) {
    const availability = await candidate.probe(true)
    const reason = refusal(candidate.name, availability)
    found.push({
      name: candidate.name,
      available: availability.available,
      automatic: reason === undefined && !found.some((other) => other.automatic),
      ...(reason === undefined ? {} : { reason }),
      details: availability.available ? availability.details : {},
    })
  }
  return found
}
