import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A process that runs a net whenever it is asked to. */
export class Peer {
  times = []
  peak = 0

  static async start(name, [command, ...args]) {
    const peer = new Peer()
    peer.name = name
    peer.child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    })
    let errors = ''
    peer.child.stderr.on('data', (data) => (errors = `${errors}${data}`.slice(-2000)))
    const ended = new Promise((_, reject) => {
      peer.child.on('error', reject)
      peer.child.stdin.on('error', () => {}) // it has ended; 'exit' says so
      peer.child.on('exit', (code) => reject(new Error(`it ended with ${code}: ${reasonIn(errors)}`)))
    })
    ended.catch(() => {})
    const lines = createInterface({ input: peer.child.stdout })[Symbol.asyncIterator]()
    peer.next = async () => JSON.parse((await Promise.race([lines.next(), ended])).value ?? (await ended))
    peer.about = await peer.next()
    return peer
  }

  async run() {
    this.child.stdin.write('run\n')
    const { ms, peak } = await this.next()
    this.times.push(ms)
    this.peak = peak
  }

  stop() {
    this.child.stdin.end()
  }
}

/** The line of a traceback that says what was wrong. */
function reasonIn(errors) {
  const lines = errors.trim().split('\n')
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)
}
