import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { platform } from '#platform'
import { failedToStart, messageOf } from './activate.js'
import {
  type Availability,
  type BackendCandidate,
  type BackendDetails,
  type BackendName,
  type BackendOptions,
  backendNames,
  type Started,
  type Unavailable,
} from './candidate.js'

/** Which backend runs now, why, and why the others do not. Plain data, fit for JSON. */
export interface BackendReport {
  readonly chosen: BackendName
  readonly why: string
  /** Threads that the chosen backend computes with, where it says so. */
  readonly threads?: number
  readonly details: BackendDetails
  readonly others: readonly { readonly name: BackendName; readonly reason: string }[]
}

/**
 * Makes a backend current: the best available one, or the one asked for.
 *
 * `auto` tries tensorflow, webgpu, webgl, wasm and cpu in this order and passes over GPUs that are emulated on the
 * processor. Calling it again with the same name costs nothing; another name switches, and tensors that live on the
 * old backend move when they are next used, as tfjs does it (webgpu cannot give up its tensors this way: in Node it fails,
 * in a browser the values come back damaged; read them with `await tensor.data()` before switching).
 *
 * Throws `backend/unknown`, `backend/missing-package`, `backend/unavailable`, `backend/failed-to-start`, and
 * `backend/already-started` when a running wasm is asked for with other threads.
 *
 * @example
 * const { chosen, why } = await useBackend() // wasm, in a fresh Node project
 */
export function useBackend(name: BackendName | 'auto' = 'auto', options: BackendOptions = {}): Promise<BackendReport> {
  const turn = lastTurn.then(() => (name === 'auto' ? chooseBest(options) : chooseNamed(name, options)))
  lastTurn = turn.catch(() => undefined)
  return turn
}

/** Calls wait for each other: tfjs has one current backend. */
let lastTurn: Promise<unknown> = Promise.resolve()

interface Running extends Started {
  readonly options: BackendOptions
}

/** Backends that run in this process already, and what they were started with. */
const running = new Map<BackendName, Running>()

/** Failures of one backend after which `auto` tries the next; others are the caller's to mend. */
const goOnAfter = ['backend/failed-to-start', 'backend/missing-package']

async function chooseBest(options: BackendOptions): Promise<BackendReport> {
  const passedOver = new Map<BackendName, string>()
  const before = tf.engine().backendName
  for (const candidate of platform.candidates) {
    const reason = refusal(candidate.name, await candidate.probe(false))
    if (reason !== undefined) {
      passedOver.set(candidate.name, reason)
      continue
    }
    try {
      const started = await run(candidate, options)
      return report(candidate.name, 'the first in order of preference that is available', started, (name) => {
        return passedOver.get(name) ?? `not tried: ${candidate.name} comes first`
      })
    } catch (error) {
      if (!(error instanceof PixelwiseError) || !goOnAfter.includes(error.code)) throw error
      passedOver.set(candidate.name, `found, but it did not start (${error.rule}); ${error.next}`)
      if (before) await tf.setBackend(before)
    }
  }
  throw new PixelwiseError('backend/unavailable', {
    what: 'no backend could be started',
    rule: [...passedOver].map(([name, reason]) => `${name}: ${reason}`).join('. '),
    next: 'install @tensorflow/tfjs-backend-cpu, which runs everywhere',
  })
}

async function chooseNamed(name: string, options: BackendOptions): Promise<BackendReport> {
  const candidate = platform.candidates.find((each) => each.name === name)
  if (candidate === undefined) throw unknownBackend(name)
  if (!running.has(candidate.name)) {
    const availability = await candidate.probe(false)
    if (!availability.available) throw unavailable(candidate.name, availability)
  }
  const before = tf.engine().backendName
  try {
    const started = await run(candidate, options)
    return report(candidate.name, 'it was asked for', started, () => `not tried: ${name} was asked for`)
  } catch (error) {
    if (before) await tf.setBackend(before)
    throw error
  }
}

/** Why `auto` does not take a backend with this availability; undefined when it may. */
export function refusal(name: BackendName, availability: Availability): string | undefined {
  if (!availability.available) return `${availability.why}; ${availability.next}`
  if (availability.emulator === undefined) return undefined
  return `its GPU is emulated on the processor (${availability.emulator}), which wasm outruns; useBackend("${name}") takes it all the same`
}

/** Starts a backend, or makes a running one current. */
async function run(candidate: BackendCandidate, options: BackendOptions): Promise<Started> {
  const { name } = candidate
  const already = running.get(name)
  if (already === undefined) {
    const started = await candidate.start(options).catch((error) => {
      throw error instanceof PixelwiseError ? error : failedToStart(name, messageOf(error), { cause: error })
    })
    running.set(name, { ...started, options })
    return started
  }
  refuseOtherThreads(name, already, options.threads)
  if (tf.getBackend() !== name) await tf.setBackend(name)
  return already
}

function refuseOtherThreads(name: BackendName, { threads, options }: Running, asked: number | undefined): void {
  if (name !== 'wasm' || asked === undefined || asked === threads || asked === options.threads) return
  throw new PixelwiseError('backend/already-started', {
    what: `backend "${name}" runs with ${threads} threads and was asked for with ${asked}`,
    rule: 'its threads are made when it starts',
    next: 'pass them in the first call of useBackend, or start a new process',
  })
}

function report(
  chosen: BackendName,
  why: string,
  { details, threads }: Started,
  reason: (name: BackendName) => string,
): BackendReport {
  const others = backendNames.filter((name) => name !== chosen).map((name) => ({ name, reason: reason(name) }))
  return { chosen, why, ...(threads === undefined ? {} : { threads }), details, others }
}

function unknownBackend(name: unknown): PixelwiseError {
  const known = ['auto', ...backendNames]
  const near = typeof name === 'string' ? nearestName(name, known) : undefined
  return new PixelwiseError('backend/unknown', {
    what: `unknown backend ${typeof name === 'object' ? (name === null ? 'null' : 'of type object') : JSON.stringify(name)}`,
    rule: `known: ${known.join(', ')}`,
    next: near === undefined ? 'pass "auto" to take the best available' : `did you mean "${near}"?`,
  })
}

function unavailable(name: BackendName, { missingPackage, why, next }: Unavailable): PixelwiseError {
  return missingPackage
    ? new PixelwiseError('backend/missing-package', {
        what: `backend "${name}" needs a package that is not installed`,
        rule: why,
        next,
      })
    : new PixelwiseError('backend/unavailable', { what: `backend "${name}" is not available here`, rule: why, next })
}
