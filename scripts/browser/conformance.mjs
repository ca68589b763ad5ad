/*
 * Runs the op conformance suite on every backend that a headless Chromium offers, writes and fetches a model there, and
 * writes docs/backends/browser-conformance.md. The GPU is SwiftShader's emulation.
 *
 *   node scripts/browser/conformance.mjs [CHROMIUM]   (/usr/bin/chromium by default)
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeLog } from '../shared/op-conformance.mjs'
import { root } from '../shared/run.mjs'

const chromium = process.argv[2] ?? '/usr/bin/chromium'
const backends = ['wasm', 'cpu', 'webgl', 'webgpu']
const emulatedGpu = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--enable-unsafe-webgpu']
const emulatedWebGpu = ['--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']
const headless = ['--headless=new', '--no-sandbox', '--no-first-run', ...emulatedGpu, ...emulatedWebGpu]

const core = createRequire(join(root, 'packages/core/package.json'))
const wasmFiles = join(core.resolve('@tensorflow/tfjs-backend-wasm/package.json'), '../dist')
const folder = mkdtempSync(join(tmpdir(), 'pixelwise-browser-'))
/** Files that the page has sent, by path. */
const sent = new Map()

try {
  await bundle()
  const runs = []
  for (const backend of backends) runs.push(await inChromium(backend))
  writeLog('browser', {
    heading: 'The operations in a browser',
    command: 'node scripts/browser/conformance.mjs',
    note: 'webgl and webgpu run on SwiftShader, which emulates a GPU on the processor: this shows that the shaders are right, not how fast they are. The page is cross-origin isolated, so wasm has threads.',
    runs,
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** One page script of the suite, our packages from source and their platform module that is not Node's. */
async function bundle() {
  const vitest = createRequire(join(root, 'package.json')).resolve('vitest/package.json')
  const { build } = await import(createRequire(vitest).resolve('vite'))
  await build({
    root: folder,
    logLevel: 'warn',
    configFile: false,
    plugins: [fromSource()],
    build: {
      outDir: join(folder, 'page'),
      minify: false,
      target: 'esnext',
      rollupOptions: {
        input: fileURLToPath(new URL('conformance-page.js', import.meta.url)),
        output: { entryFileNames: 'page.js' },
      },
    },
  })
}

function fromSource() {
  const fixture = readFileSync(join(root, 'packages/core/src/ops/fixtures/ops.json'), 'utf8')
  return {
    name: 'from-source',
    enforce: 'pre',
    resolveId(id) {
      const ours = /^@pixelwise\/([^/]+)(\/.+)?$/.exec(id)
      if (id === 'node:fs') return '\0fixture'
      if (id === '#platform') return join(root, 'packages/core/src/backends/platform-browser.ts')
      if (id === '@pixelwise/testing/op-conformance') return join(root, 'internal/testing/src/op-conformance.ts')
      if (ours) return join(root, `packages/${ours[1]}/src${ours[2] ?? ''}/index.ts`)
      if (id.startsWith('@tensorflow/'))
        return this.resolve(id, join(root, 'packages/core/src/index.ts'), { skipSelf: true })
    },
    load(id) {
      if (id === '\0fixture') return `export const readFileSync = () => ${JSON.stringify(fixture)}`
    },
  }
}

/** Opens the page, which runs the suite and posts what it found. */
async function inChromium(backend) {
  let found, failed
  const posted = new Promise((resolve, reject) => {
    found = resolve
    failed = reject
  })
  const server = createServer((request, response) => answer(request, response, found)).listen(0)
  const address = `http://localhost:${server.address().port}/?${backend}`
  const profile = mkdtempSync(join(folder, 'profile-'))
  const browser = spawn(chromium, [...headless, `--user-data-dir=${profile}`, address], { stdio: 'ignore' })
  browser.on('error', failed)
  browser.on('exit', (code) => failed(new Error(`Chromium ended with code ${code} before the page was done`)))
  try {
    return await posted
  } finally {
    const ended = new Promise((resolve) => browser.once('exit', resolve))
    browser.kill()
    await ended
    server.close()
    server.closeAllConnections()
  }
}

async function answer(request, response, done) {
  const { pathname } = new URL(request.url, 'http://localhost')
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
  if (pathname === '/done') {
    const chunks = await request.toArray()
    response.end()
    done(JSON.parse(Buffer.concat(chunks).toString()))
    return
  }
  if (pathname === '/') {
    response.setHeader('Content-Type', 'text/html')
    response.end('<script type="module" src="/page.js"></script>')
    return
  }
  if (request.method === 'PUT') {
    sent.set(pathname, Buffer.concat(await request.toArray()))
    response.end()
    return
  }
  if (sent.has(pathname)) {
    response.end(sent.get(pathname))
    return
  }
  const file = pathname.endsWith('.wasm') ? join(wasmFiles, pathname) : join(folder, 'page', pathname)
  if (!existsSync(file)) {
    response.statusCode = 404
    response.end()
    return
  }
  response.setHeader('Content-Type', file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript')
  response.end(readFileSync(file))
}
