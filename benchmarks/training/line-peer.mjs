import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A process that trains as it is told: a line of JSON in, a line of JSON out. */
export class LinePeer {
  #process
  #lines
  #failed

  constructor(name, executable, script, ...args) {
    this.name = name
    this.#process = spawn(executable, [fileURLToPath(new URL(script, import.meta.url)), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    // A process that has ended answers with the end of its output.
    this.#process.stdin.on('error', () => undefined)
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    this.#failed = once(this.#process, 'error').then(([error]) => ({ absent: error.message }))
  }

  async ask(message) {
    this.#process.stdin.write(`${JSON.stringify(message)}\n`)
    const answer = this.#lines.next().then(({ value, done }) => (done ? { absent: 'it ended' } : JSON.parse(value)))
    return Promise.race([answer, this.#failed])
  }

  stop() {
    this.#process.kill()
  }
}
