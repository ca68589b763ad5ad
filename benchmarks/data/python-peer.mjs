import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A Python process that does the same tasks; without one, or without its packages, tasks have no peer and a reason why. */
export class PythonPeer {
  #executable
  #process
  #lines
  #tasks = []
  #absent = 'no Python named; pass --python or set PIXELWISE_PYTHON'

  constructor(executable) {
    this.#executable = executable
  }

  /** Its versions, or why it is not there. */
  async start(material) {
    if (this.#executable === undefined) return { absent: this.#absent }
    this.#process = spawn(this.#executable, [fileURLToPath(new URL('peer.py', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    // A process that has ended answers with the end of its output.
    this.#process.stdin.on('error', () => undefined)
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    const failed = once(this.#process, 'error').then(([error]) => ({ absent: error.message }))
    const first = await Promise.race([this.#ask(material), failed])
    if (first.absent !== undefined) {
      this.#absent = first.absent
      return first
    }
    this.#tasks = first.tasks
    this.#absent = Object.values(first.missing).join('; ')
    return { versions: first.versions, missing: first.missing }
  }

  /** Why a task cannot be run, or nothing. */
  absence(task) {
    return this.#tasks.includes(task) ? undefined : this.#absent
  }

  run(task) {
    return this.#ask(task)
  }

  stop() {
    this.#process?.kill()
  }

  async #ask(message) {
    this.#process.stdin.write(`${JSON.stringify(message)}\n`)
    const { value, done } = await this.#lines.next()
    return done ? { absent: 'Python ended' } : JSON.parse(value)
  }
}
