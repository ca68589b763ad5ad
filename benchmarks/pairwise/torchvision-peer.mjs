import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** torchvision in a Python process of its own; `absent` says why there is none. */
export class TorchvisionPeer {
  absent = 'no Python named; pass --python or set PIXELWISE_PYTHON'
  versions
  #process
  #lines
  #folder

  async start(executable) {
    if (executable === undefined) return
    this.#folder = await mkdtemp(join(tmpdir(), 'pixelwise-boxes-'))
    this.#process = spawn(executable, [fileURLToPath(new URL('box_nms.py', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#process.stdin.on('error', () => undefined)
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    const failed = once(this.#process, 'error').then(([error]) => ({ absent: error.message }))
    const { absent, versions } = await Promise.race([this.#answer(), failed])
    this.absent = absent
    this.versions = versions
  }

  /** Seconds and indices kept, of boxes with scores as float32 [n, 5]. */
  async suppress(boxes, maxIoU) {
    const file = join(this.#folder, 'boxes.f32')
    await writeFile(file, new Uint8Array(boxes.buffer))
    this.#process.stdin.write(`${JSON.stringify({ file, maxIoU })}\n`)
    return this.#answer()
  }

  async stop() {
    this.#process?.kill()
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true })
  }

  async #answer() {
    const { value, done } = await this.#lines.next()
    return done ? { absent: 'Python ended' } : JSON.parse(value)
  }
}
