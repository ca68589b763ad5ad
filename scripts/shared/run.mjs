import { spawn } from 'child_process'
import { fileURLToPath } from 'url'

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Runs a command in the repository, shows its output and resolves to its exit code and the text that it wrote.
 */
export function run(command, args, options) {
  const settings = options || {}
  // Windows starts npx and the other .cmd files through a shell only; no argument here holds a space.
  const child = spawn(command, args, {
    cwd: root,
    env: Object.assign({}, process.env, settings.env),
    shell: process.platform === 'win32' && command !== process.execPath,
    stdio: settings.inherit ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  })
  const chunks = []
  function tee(stream, target) {
    if (!stream) return
    stream.on('data', (chunk) => {
      chunks.push(chunk)
      target.write(chunk)
    })
  }
  tee(child.stdout, process.stdout)
  tee(child.stderr, process.stderr)
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 1, text: String(error) }))
    child.on('close', (code) => resolve({ code: code === null ? 1 : code, text: Buffer.concat(chunks).toString() }))
  })
}
