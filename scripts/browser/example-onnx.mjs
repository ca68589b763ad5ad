import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../shared/run.mjs'
import { compare, equalPixels, status, statusAfter } from './example-page.mjs'

/** A model folder as the ONNX file that a user would make of it, for pictures of any size or of one. */
export function onnxFile(model, folder, size) {
  const file = join(folder, size === undefined ? 'scenes.onnx' : `scenes-${size}.onnx`)
  const ofSize = size === undefined ? [] : ['--input', size]
  const command = [
    join(root, 'packages/cli/bin/pixelwise.js'),
    'export-onnx',
    '--model',
    model,
    '--out',
    file,
    ...ofSize,
  ]
  execFileSync(process.execPath, command, { stdio: ['ignore', 'ignore', 'inherit'] })
  return file
}

/** Chooses the file, compares its labels on both backends, and tries files that are none; then what was fetched for each. */
export async function useOnnx(page, { onnx, fixed, pictures, expected, folder }) {
  const fetched = {}
  const all = () => page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
  let known = new Set(await all())
  const fresh = async () => {
    const now = await all()
    const more = now.filter((address) => !known.has(address))
    known = new Set(now)
    return more
  }

  assert.match(await statusAfter(page, () => page.choose('#onnx', [onnx])), / on wasm\.$/)
  assert.equal(await page.evaluate('document.body.dataset.model'), 'scenes.onnx')
  fetched.wasm = await fresh()
  const offered =
    "[...document.getElementById('backend').options].filter((o) => !o.disabled).map((o) => o.value).join(' ')"
  assert.equal(await page.evaluate(offered), 'auto webgpu wasm')
  const runs = [await compare(page, 'wasm', pictures, expected)]
  const before = await fresh()
  assert.deepEqual(
    before.filter((address) => address.endsWith('.wasm')),
    [],
  )
  runs.push(await compare(page, 'webgpu', pictures, expected))
  fetched.webgpu = await fresh()
  await compare(page, 'wasm', pictures.slice(0, 1), expected)
  await wrongFiles(page, { onnx, folder })
  assert.equal(
    await statusAfter(page, () => page.choose('#onnx', [fixed])), // with pictures[0], of 160×120
    'scenes-96x96.onnx takes pictures of 96×96 pixels only, and this one has 160×120: export it without --input for pictures of any size',
  )
  assert.match(await statusAfter(page, () => page.drop('#drop', pictures[1])), /^96×96 pixels in \d+ ms on wasm\.$/)

  // Dropped, it is a model too; the one chosen before still stands after a failure.
  assert.match(await statusAfter(page, () => page.drop('#drop', onnx)), / on wasm\.$/)
  await statusAfter(page, () => page.drop('#drop', pictures[1]))
  assert.ok((await equalPixels(page, expected[1])) >= 0.999 * expected[1].labels.length)
  return { runs, fetched }
}

async function wrongFiles(page, { onnx, folder }) {
  const bytes = readFileSync(onnx)
  const files = {
    'empty.onnx': [
      Buffer.alloc(0),
      'empty.onnx does not say how it wants its pictures: files that "pixelwise export-onnx" writes do',
    ],
    'torn.onnx': [
      bytes.subarray(0, bytes.length - 7),
      'torn.onnx is no ONNX file (it ends within a field): choose a file that "pixelwise export-onnx" has written',
    ],
  }
  for (const [name, [content, message]] of Object.entries(files)) {
    const file = join(folder, name)
    writeFileSync(file, content)
    assert.equal(await statusAfter(page, () => page.choose('#onnx', [file])), message)
    assert.equal(await page.evaluate(`${status}.className`), 'failed')
  }
}

/** Without a server, what was fetched for ONNX files is there. */
export async function onnxOffline(page, onnx, picture, expected) {
  assert.match(await statusAfter(page, () => page.choose('#onnx', [onnx])), / on wasm\.$/)
  await statusAfter(page, () => page.drop('#drop', picture))
  assert.ok((await equalPixels(page, expected)) >= 0.999 * expected.labels.length)
}
