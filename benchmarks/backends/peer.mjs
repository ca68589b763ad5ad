import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('process.mjs', import.meta.url))

/** One peer's process. A command that takes longer than its limit ends the process. */
export class Peer {
  #process = fork(script, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })

  constructor(description) {
    this.name = description.name
    this.description = description
  }

  start(settings, limitSeconds) {
    return this.#ask({ command: 'start', ...this.description, settings }, limitSeconds)
  }

  /** Milliseconds of one run of a task. */
  measure(task, limitSeconds) {
    return this.#ask({ command: 'measure', task }, limitSeconds)
  }

  stop() {
    this.#process.kill('SIGKILL')
  }

  async #ask(message, limitSeconds) {
    const stopwatch = new AbortController()
    const limit = setTimeout(() => stopwatch.abort(), limitSeconds * 1000)
    this.#process.send(message)
    try {
      const answer = await Promise.race([
        once(this.#process, 'message', stopwatch).then(([received]) => received),
        once(this.#process, 'exit', stopwatch).then(([code, signal]) => ({ error: `exited (${signal ?? code})` })),
      ])
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer.result
    } catch (error) {
      if (!stopwatch.signal.aborted) throw error
      this.stop()
      throw new Error(`took more than ${limitSeconds} s`)
    } finally {
      clearTimeout(limit)
      stopwatch.abort()
    }
  }
}
