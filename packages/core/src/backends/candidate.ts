/** The backends we know, best first; `auto` takes the first that is available and not emulated. */
export const backendNames = ['tensorflow', 'webgpu', 'webgl', 'wasm', 'cpu'] as const

/** The backends that `useBackend` knows. */
export type BackendName = (typeof backendNames)[number]

/** What a backend says about itself: versions, device names, features. */
export type BackendDetails = Readonly<Record<string, string | number | boolean>>

/** Settings that only matter when a backend starts. */
export interface BackendOptions {
  /** Threads of the wasm backend, at least 1; the machine's cores (or what the page may use) when left out. */
  readonly threads?: number
  /** Browser only: the folder URL, ending in `/`, that serves the `.wasm` files of `@tensorflow/tfjs-backend-wasm`. */
  readonly wasmPath?: string
}

/** A backend that can be started here, as far as can be seen without starting it. */
export interface Available {
  readonly available: true
  readonly details: BackendDetails
  /** Set when a GPU is emulated on the processor: the emulator's name. `auto` passes such a backend over. */
  readonly emulator?: string
}

/** A backend that cannot be started here, and what a person can do about it. */
export interface Unavailable {
  readonly available: false
  /** True when installing an npm package is what is missing. */
  readonly missingPackage?: true
  readonly why: string
  readonly next: string
}

export type Availability = Available | Unavailable

/** What a started backend reports. */
export interface Started {
  readonly details: BackendDetails
  readonly threads?: number
}

/** One backend as one platform offers it. */
export interface BackendCandidate {
  readonly name: BackendName
  /**
   * Looks whether the backend could start, leaving tfjs and the globals as they are. A thorough look may take a second
   * (it may load native libraries in another process).
   */
  probe(thorough: boolean): Promise<Availability>
  /** Registers the backend in tfjs and makes it current. Called once, after `probe` found it available. */
  start(options: BackendOptions): Promise<Started>
}

/** What differs between Node and the browser; each has its own module behind the `#platform` import. */
export interface Platform {
  /** Every backend of {@link backendNames}, in that order. */
  readonly candidates: readonly BackendCandidate[]
}

/** A backend that the platform can never offer. */
export function neverHere(name: BackendName, why: string, next: string): BackendCandidate {
  return {
    name,
    probe: async () => ({ available: false, why, next }),
    start: () => Promise.reject(new Error(why)),
  }
}
