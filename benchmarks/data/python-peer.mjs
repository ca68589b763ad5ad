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
  #missing = {}

  constructor(executable) {
    this.#executable = executable
  }

  /** Its versions, or why it is not there. */
  async start(material) {
    if (this.#executable === undefined) return { absent: 'no Python named; pass --python or set PIXELWISE_PYTHON' }
    this.#process = spawn(this.#executable, [fileURLToPath(new URL('peer.py', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    const failed = once(this.#process, 'error').then(([error]) => ({ absent: error.message }))
    const first = await Promise.race([this.#ask(material), failed])
    if (first.absent !== undefined) return first
    this.#tasks = first.tasks
    this.#missing = first.missing
    return { versions: first.versions, missing: first.missing }
  }

  /** Why a task cannot be run, or nothing. */
  absence(task) {
    if (this.#tasks.includes(task)) return undefined
    const reasons = Object.values(this.#missing)
    return reasons.length === 0 ? 'no Python named; pass --python or set PIXELWISE_PYTHON' : reasons.join('; ')
  }

  run(task) {
    return this.#ask(task)
  }

  stop() {
    this.#process?.kill()
  }

  async #ask(message) {
    this.#process.stdin.on('error', () => undefined)
    this.#process.stdin.write(`${JSON.stringify(message)}\n`)
    const { value, done } = await this.#lines.next()
    return done ? { absent: 'Python ended' } : JSON.parse(value)
  }
}
