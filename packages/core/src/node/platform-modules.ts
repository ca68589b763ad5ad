import { createRequire } from 'node:module'

/** Resolves and loads optional peers as this package sees them. */
export const requirePeer = createRequire(import.meta.url)

/** The main file of a peer, or undefined when it is not installed. */
export function resolvePeer(name: string): string | undefined {
  try {
    return requirePeer.resolve(name)
  } catch {
    return undefined
  }
}
