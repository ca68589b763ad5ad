/**
 * Lets signals, timers, input and drawing have their turn.
 *
 * On backends that compute on this thread every await of a training step is settled at once, and a run would keep the event loop
 * to itself until its end: Ctrl-C would do nothing. A message to oneself is not slowed down in background tabs, as timers are.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
