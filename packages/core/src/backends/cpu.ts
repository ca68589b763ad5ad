import { activate } from './activate.js'
import type { BackendCandidate } from './candidate.js'

/** tfjs in plain JavaScript: runs everywhere, one thread, the slow reference for every other backend. */
export const cpu: BackendCandidate = {
  name: 'cpu',
  probe: async () => ({ available: true, details: {} }),
  async start() {
    await import('@tensorflow/tfjs-backend-cpu')
    await activate('cpu')
    return { details: {}, threads: 1 }
  },
}
