import { createHash } from 'crypto'
import * as fs from 'fs'
import { join } from 'path'
import { root, run } from './run.mjs'

/** Fetched through npx, so that a machine needs nothing but Node and npm. */
const PNPM = 'pnpm@10.34.9'

const INSTALL_STAMP = join(root, 'node_modules', '.pixelwise-install')

/** What npm, pnpm and Node say when a registry cannot be reached or trusted. */
const NETWORK_FAILURE =
  /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|ERR_PNPM_META_FETCH_FAIL|UND_ERR_\w+|SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|CERT_\w+|E407|E50\d)\b/

/** Installs the dependencies unless nothing has changed since the last time. Resolves to whether it worked. */
export async function install() {
  const wanted = installFingerprint()
  if (fs.existsSync(INSTALL_STAMP) && fs.readFileSync(INSTALL_STAMP, 'utf8') === wanted) return true
  // A node_modules folder that another pnpm or store made is replaced without a question nobody could answer.
  const args = ['--yes', PNPM, 'install', '--frozen-lockfile', '--config.confirm-modules-purge=false']
  const result = await run('npx', args, { env: patientButNotForever() })
  if (result.code === 0) {
    fs.writeFileSync(INSTALL_STAMP, wanted)
    return true
  }
  const failure = NETWORK_FAILURE.exec(result.text)
  if (failure) {
    console.error(
      `\nThe npm registry${namedRegistry()} cannot be reached (${failure[0]}): the packages of package.json are fetched from it; ` +
        'check the network, or name your mirror or proxy: npm config set registry URL, npm config set https-proxy URL ' +
        '(certificates: npm config set cafile FILE), then run the command again.',
    )
  } else {
    console.error('\nInstalling failed: see the message above; remove node_modules and run the command again.')
  }
  return false
}

/** Builds every package. Resolves to whether it worked. */
export async function build() {
  // turbo starts the build scripts through pnpm, which npx puts on the path.
  const result = await run('npx', ['--yes', `--package=${PNPM}`, '--', 'turbo', 'run', 'build'], {
    env: { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1' },
  })
  if (result.code === 0) removeLeftovers()
  return result.code === 0
}

/** Removes built files whose source is gone; the compiler leaves them, and they would be published. */
function removeLeftovers() {
  for (const folder of fs.readdirSync(join(root, 'packages'))) {
    const dist = join(root, 'packages', folder, 'dist')
    if (!fs.existsSync(dist)) continue
    for (const file of fs.readdirSync(dist, { recursive: true })) {
      const source = /^(.*?)\.(d\.ts|js|js\.map)$/.exec(file)
      if (source && !fs.existsSync(join(root, 'packages', folder, 'src', `${source[1]}.ts`)))
        fs.rmSync(join(dist, file))
    }
  }
}

/** Changes when any file changes that decides what is installed. */
function installFingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.versions.modules} ${PNPM}`)
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']
  for (const room of ['packages', 'internal', 'examples']) {
    if (!fs.existsSync(join(root, room))) continue
    for (const folder of fs.readdirSync(join(root, room)).sort()) files.push(join(room, folder, 'package.json'))
  }
  files.push(join('benchmarks', 'package.json'))
  for (const file of files) {
    if (fs.existsSync(join(root, file))) hash.update(file).update(fs.readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

/** A registry that is down should be reported within seconds, not after npm's default of over a minute. */
function patientButNotForever() {
  const env = {}
  const defaults = { fetch_retries: '2', fetch_retry_mintimeout: '1000', fetch_retry_maxtimeout: '5000' }
  for (const key of Object.keys(defaults)) {
    if (process.env[`npm_config_${key}`] === undefined) env[`npm_config_${key}`] = defaults[key]
  }
  return env
}

/** The address of the registry where npm was given one. */
function namedRegistry() {
  const address = process.env.npm_config_registry
  return address ? ` ${address}` : ''
}
