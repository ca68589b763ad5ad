import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const hooks = new URL('source-hooks.mjs', import.meta.url).href
const registerHooks = `data:text/javascript,${encodeURIComponent(
  `import { register } from 'node:module'; register(${JSON.stringify(hooks)})`,
)}`

export async function runFromSource(script, { env = {}, timeout = 50_000 } = {}) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', registerHooks, '--input-type=module', '--eval', script],
    { cwd: fileURLToPath(new URL('../../..', import.meta.url)), env: { ...process.env, ...env }, timeout },
  )
  return JSON.parse(stdout.trim().split('\n').at(-1))
}
