/**
 * Turns Ctrl-C into a clean stop: the first one aborts the signal, so that `train` finishes its step and stores a
 * checkpoint; the second one quits at once with exit code 130.
 *
 * @example
 * const interrupt = interruptSignal()
 * try {
 *   await train({ …, signal: interrupt.signal })
 * } finally {
 *   interrupt.dispose()
 * }
 */
export function interruptSignal({
  process: host = process,
  message = defaultMessage,
}: InterruptOptions = {}): Interrupt {
  const controller = new AbortController()
  const onInterrupt = () => {
    if (controller.signal.aborted) host.exit(130)
    host.stderr.write(message)
    controller.abort()
  }
  host.on('SIGINT', onInterrupt)
  return { signal: controller.signal, dispose: () => void host.off('SIGINT', onInterrupt) }
}

const defaultMessage = '\nfinishing the step and saving; press Ctrl-C again to quit at once\n'

/** A signal that Ctrl-C sets off. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** Gives Ctrl-C its usual meaning back. */
  dispose(): void
}

/** What is said at the first Ctrl-C, and which process is listened to. */
export interface InterruptOptions {
  /** Printed to standard error at the first Ctrl-C. */
  readonly message?: string
  /** The process to listen to. */
  readonly process?: InterruptibleProcess
}

export interface InterruptibleProcess {
  on(event: 'SIGINT', listener: () => void): unknown
  off(event: 'SIGINT', listener: () => void): unknown
  exit(code: number): never
  readonly stderr: { write(text: string): unknown }
}
