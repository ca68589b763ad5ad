/*
 * Builds examples/browser from packed packages, uses the page in a headless Chromium as a person would, compares its
 * label maps with Node's, and writes docs/browser-example.md. The GPU is SwiftShader's emulation.
 *
 *   node scripts/browser/example.mjs [--chromium /usr/bin/chromium] [--screenshots FOLDER] [--built FOLDER]
 *
 * --built takes a copy of the example that is installed and built already. Needs `npm run setup`.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { coreLayers, LayerRegistry, predictLabels, useBackend } from '../../packages/core/dist/index.js'
import { loadModel } from '../../packages/core/dist/node/index.js'
import { decodeImage, encodePng, synthesizeScene } from '../../packages/datasets/dist/index.js'
import { Rng } from '../../packages/masks/dist/shared/index.js'
import { root } from '../shared/run.mjs'
import { openChromium } from './chromium.mjs'
import { sizes, writeLog } from './example-log.mjs'
import { onnxFile, onnxOffline, useOnnx } from './example-onnx.mjs'
import { compare, equalPixels, status, statusAfter } from './example-page.mjs'

const { values } = parseArgs({
  options: { chromium: { type: 'string' }, screenshots: { type: 'string' }, built: { type: 'string' } },
})
const emulatedGpu = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--enable-unsafe-webgpu']
const emulatedWebGpu = ['--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']
const fakeCamera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' }

const folder = mkdtempSync(join(tmpdir(), 'pixelwise-example-'))
const screenshots = values.screenshots ?? join(folder, 'screenshots')
let browser
let server
try {
  mkdirSync(screenshots, { recursive: true })
  const dist = join(values.built ?? build(), 'dist')
  const pictures = drawPictures()
  const expected = await predictInNode(join(dist, 'sample/model'), pictures)
  server = await serve(dist)
  const flags = [...emulatedGpu, ...emulatedWebGpu, ...fakeCamera]
  browser = await openChromium(values.chromium ?? '/usr/bin/chromium', flags)
  const { page } = browser

  await page.resize(1280, 800)
  await page.open(server.address)
  const ready = await page.until(`${status}.textContent.startsWith('Ready') && ${status}.textContent`)
  assert.equal(ready, 'Ready, on wasm.') // an emulated GPU is passed over
  assert.equal(await page.evaluate('crossOriginIsolated'), true)
  const fetched = await page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
  await check('keyboard', () => keyboard(page))
  await check('sample', () => sample(page))
  const runs = []
  for (const backend of ['wasm', 'webgl', 'webgpu', 'cpu', 'wasm']) {
    runs.push(await check(backend, () => compare(page, backend, pictures, expected)))
  }
  runs.pop()
  const onnx = onnxFile(join(dist, 'sample/model'), folder)
  const fixed = onnxFile(join(dist, 'sample/model'), folder, '96x96')
  const { runs: onnxRuns, fetched: onnxFetched } = await check('onnx', () =>
    useOnnx(page, { onnx, fixed, pictures, expected, folder }),
  )
  await capture(page, 'onnx')
  await check('errors', () => errors(page, pictures))
  await check('folder', () => ownModel(page, join(dist, 'sample/model'), pictures[0], expected[0]))
  await check('camera', () => camera(page))
  await check('offline', () => offline(page, pictures[0], expected[0]))
  await check('onnx off', () => onnxOffline(page, onnx, pictures[0], expected[0]))
  assert.deepEqual(page.uncaught, [])
  const version = await browser.version()
  const picture = join(screenshots, 'small.png')
  writeLog({ runs, onnxRuns, version, files: sizes(dist), fetched, onnxFetched, picture })
} finally {
  await browser?.close()
  await server?.close()
  rmSync(folder, { recursive: true, force: true })
}

async function check(name, body) {
  const start = performance.now()
  const result = await body()
  console.log(`${name.padEnd(9)} ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return result
}

/** The example outside the workspace, with packages as they are published. */
function build() {
  const example = join(folder, 'example')
  const packed = join(folder, 'packed')
  cpSync(join(root, 'examples/browser'), example, { recursive: true })
  for (const name of ['masks', 'core']) {
    const filter = [`--filter=./packages/${name}`, 'pack', `--pack-destination=${packed}`]
    execFileSync('npx', ['--yes', 'pnpm@10.34.9', ...filter], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  const tarballs = readdirSync(packed).map((file) => join(packed, file))
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-save']
  for (const args of [
    ['install', ...quiet, ...tarballs],
    ['run', 'build'],
  ]) {
    execFileSync('npm', args, { cwd: example, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  return example
}

/** Scenes of several sizes that the net has not seen, as files. */
function drawPictures() {
  const sizes = [
    { height: 120, width: 160 },
    { height: 96, width: 96 },
    { height: 97, width: 131 },
  ]
  return sizes.map((size, index) => {
    const path = join(folder, `scene-${index}.png`)
    writeFileSync(path, encodePng(synthesizeScene(new Rng('browser').split(index), size).image))
    return path
  })
}

async function predictInNode(modelFolder, paths) {
  await useBackend('wasm', { threads: 1 })
  const { model, description } = await loadModel(modelFolder, { layers: new LayerRegistry(coreLayers) })
  const images = await Promise.all(paths.map((path) => decodeImage(readFileSync(path))))
  const labels = await predictLabels(model, images, description)
  model.dispose()
  for (const { labels: found } of labels) assert.ok(new Set(found).size >= 3, 'labels that could differ')
  return labels
}

async function serve(dist) {
  const files = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    response.setHeader('Cache-Control', 'no-store') // what is there offline, the service worker has kept
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    try {
      const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname
      const bytes = readFileSync(join(dist, path))
      response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream')
      response.end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => files.listen(0, resolve))
  const closed = new Promise((resolve) => files.once('close', resolve))
  return {
    address: `http://localhost:${files.address().port}/`,
    close() {
      files.close()
      files.closeAllConnections()
      return closed
    },
  }
}

/** Tab reaches every control in reading order, Enter opens the chooser, arrows move the opacity. */
async function keyboard(page) {
  const order = []
  const controls = ['drop', 'file', 'sample', 'camera', 'opacity', 'backend', 'model', 'onnx']
  for (const _ of controls) {
    await page.press('Tab')
    order.push(await page.evaluate('document.activeElement.id'))
  }
  assert.deepEqual(order, controls)
  await page.send('Page.setInterceptFileChooserDialog', { enabled: true })
  for (const id of ['drop', 'file', 'model', 'onnx']) {
    const opened = page.next('Page.fileChooserOpened')
    await page.evaluate(`document.getElementById('${id}').focus()`)
    await page.press('Enter')
    await opened
  }
  await page.send('Page.setInterceptFileChooserDialog', { enabled: false })
  await page.evaluate("document.getElementById('opacity').focus()")
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft']) await page.press(key)
  assert.equal(await page.evaluate("document.getElementById('opacityValue').textContent"), '65 %')
  await page.press('ArrowLeft')
}

async function sample(page) {
  await page.evaluate("document.getElementById('sample').click()")
  await page.until(`${status}.textContent.includes('pixels in')`)
  await page.evaluate('window.pixelwise.idle()')
  await capture(page, 'wide')
  writeFileSync(join(screenshots, 'small.png'), await page.screenshot(0.6))
  await page.resize(390, 844)
  await capture(page, 'narrow')
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, 'nothing sticks out sideways')
  await page.resize(1280, 800)
}

async function capture(page, name) {
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
  writeFileSync(join(screenshots, `${name}.png`), await page.screenshot())
}

async function errors(page, [picture]) {
  const text = join(folder, 'notes.txt')
  writeFileSync(text, 'no picture')
  assert.equal(
    await statusAfter(page, () => page.drop('#drop', text)),
    'notes.txt cannot be read as a picture: choose a JPEG, PNG or WebP file',
  )
  assert.equal(await page.evaluate(`${status}.className`), 'failed')
  const empty = join(folder, 'no-model')
  mkdirSync(empty)
  writeFileSync(join(empty, 'notes.txt'), 'no model')
  assert.equal(
    await statusAfter(page, () => page.choose('#model', [empty])),
    'The folder no-model has no file pixelwise.json: a model folder holds model.json, pixelwise.json and the weight files that model.json lists; choose the folder itself, not one above it',
  )
  await capture(page, 'error')
  assert.match(await statusAfter(page, () => page.choose('#file', [picture])), /^160×120 pixels in \d+ ms on wasm\.$/)
  assert.equal(await page.evaluate(`${status}.className`), '')
}

async function ownModel(page, modelFolder, picture, expected) {
  await statusAfter(page, () => page.choose('#model', [modelFolder]))
  assert.equal(await page.evaluate('document.body.dataset.model'), basename(modelFolder))
  await statusAfter(page, () => page.drop('#drop', picture))
  assert.ok((await equalPixels(page, expected)) >= 0.999 * expected.labels.length)
}

async function camera(page) {
  const size = '(({ width, height }) => [width, height].join())(window.pixelwise.labels())'
  const before = await page.evaluate(size)
  await page.evaluate("document.getElementById('camera').click()")
  await page.until(`${size} !== '${before}'`)
  await page.evaluate("document.getElementById('camera').click()")
  await page.evaluate('window.pixelwise.idle()')
  assert.equal(await page.evaluate("document.getElementById('camera').ariaPressed"), 'false')
  assert.equal(await page.evaluate(`${status}.className`), '')
}

/** Without its server, the page loads again and labels as before. */
async function offline(page, picture, expected) {
  await page.until("document.body.dataset.offline === 'ready'")
  await server.close()
  await page.open(server.address)
  await page.until(`${status}.textContent === 'Ready, on wasm.'`)
  await statusAfter(page, () => page.drop('#drop', picture))
  assert.ok((await equalPixels(page, expected)) >= 0.999 * expected.labels.length)
  await statusAfter(page, () => page.evaluate("document.getElementById('sample').click()"))
  assert.match(await page.evaluate(`${status}.textContent`), /^128×96 pixels/)
}
