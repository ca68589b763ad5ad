import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runFromSource } from '../backends/test-support/run-from-source.mjs'

/*
 * How the chooser deals with installed, half-installed and broken peers, played with stand-ins for the two packages.
 * The real ones are run by scripts/tensorflow; see docs/backends/tensorflow-conformance.md.
 */
const require = createRequire(import.meta.url)
let modules: string

beforeEach(() => {
  modules = mkdtempSync(join(tmpdir(), 'pixelwise-peers-'))
})

afterEach(() => rmSync(modules, { recursive: true }))

/** A stand-in for tfjs-node: registers plain JavaScript kernels under the name `tensorflow`, as the real one does at import. */
const worksAsTensorflow = `
const util = require('util')
if (util.isNullOrUndefined(0) || !util.isArray([])) throw new Error('util is wrong')
const tf = require(${JSON.stringify(require.resolve('@tensorflow/tfjs-core'))})
const { MathBackendCPU } = require(${JSON.stringify(require.resolve('@tensorflow/tfjs-backend-cpu'))})
for (const kernel of tf.getKernelsForBackend('cpu')) tf.registerKernel({ ...kernel, backendName: 'tensorflow' })
tf.registerBackend('tensorflow', () => {
  const backend = new MathBackendCPU()
  return Object.assign(backend, { isUsingGpuDevice: false, binding: { TF_Version: '2.9.1' } })
}, 3)
tf.setBackend('tensorflow')
`

function install(name: string, { main, binding }: { main: string; binding?: string }) {
  const root = join(modules, '@tensorflow', name)
  mkdirSync(join(root, 'lib', 'napi-v8'), { recursive: true })
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ name: `@tensorflow/${name}`, version: '4.22.0', main: 'main.js' }),
  )
  writeFileSync(join(root, 'main.js'), main)
  if (binding !== undefined) writeFileSync(join(root, 'lib', 'napi-v8', 'tfjs_binding.node'), binding)
}

const inProcess = (body: string) =>
  runFromSource(
    `import { listBackends, useBackend } from './src/backends/index.ts'
     import * as tf from '@tensorflow/tfjs-core'
     ${body}`,
    { env: { NODE_PATH: modules } },
  )

test('names the packages to install when neither is there', async () => {
  const text = await inProcess(`
    const error = await useBackend('tensorflow').catch((error) => error)
    console.log(JSON.stringify([error.code, error.message]))`)
  expect(text).toMatchInlineSnapshot(`
    [
      "backend/missing-package",
      "backend "tensorflow" needs a package that is not installed: it runs on @tensorflow/tfjs-node-gpu (NVIDIA GPU) or @tensorflow/tfjs-node (processor); run npm install @tensorflow/tfjs-node-gpu or npm install @tensorflow/tfjs-node",
    ]
  `)
})

test('takes tfjs-node when it is installed, giving back the functions that Node 23 removed', async () => {
  install('tfjs-node', { main: worksAsTensorflow, binding: '' })
  const found = await inProcess(`
    const util = (await import('node:util')).default
    delete util.isNullOrUndefined
    delete util.isArray
    const { chosen, why, details } = await useBackend()
    console.log(JSON.stringify({ chosen, why, details, sum: await tf.sum([1, 2, 3]).data() }))`)
  expect(found).toEqual({
    chosen: 'tensorflow',
    why: 'the first in order of preference that is available',
    details: { package: '@tensorflow/tfjs-node', version: '4.22.0', libtensorflow: '2.9.1', device: 'CPU' },
    sum: { 0: 6 },
  })
})

test('prefers tfjs-node-gpu and falls back to tfjs-node when it does not load', async () => {
  install('tfjs-node-gpu', {
    main: 'throw new Error("libcudart.so.11.0: cannot open shared object file")',
    binding: '',
  })
  install('tfjs-node', { main: worksAsTensorflow, binding: '' })
  const broken = await inProcess(`console.log(JSON.stringify((await useBackend('tensorflow')).details.package))`)
  expect(broken).toBe('@tensorflow/tfjs-node')
  install('tfjs-node-gpu', { main: worksAsTensorflow, binding: '' })
  const working = await inProcess(`console.log(JSON.stringify((await useBackend('tensorflow')).details.package))`)
  expect(working).toBe('@tensorflow/tfjs-node-gpu')
})

test('says how to mend an installation without its native library', async () => {
  install('tfjs-node', { main: worksAsTensorflow })
  const text = await inProcess(`
    const error = await useBackend('tensorflow').catch((error) => error)
    console.log(JSON.stringify([error.code, error.message]))`)
  expect(text).toMatchInlineSnapshot(`
    [
      "backend/unavailable",
      "backend "tensorflow" is not available here: @tensorflow/tfjs-node is installed without its native library; run npm rebuild @tensorflow/tfjs-node and read what it prints",
    ]
  `)
})

test('passes a library that does not load over and says so', async () => {
  install('tfjs-node', {
    main: 'throw new Error("libtensorflow.so.2: cannot open shared object file")',
    binding: 'no library',
  })
  const [named, automatic, listed] = await inProcess(`
    await useBackend('cpu')
    const named = await useBackend('tensorflow').catch((error) => error)
    const { chosen, others } = await useBackend()
    const [{ available, reason }] = await listBackends()
    console.log(JSON.stringify([[named.code, named.message], { chosen, other: others[0] }, { available, reason }]))`)
  expect(named).toMatchInlineSnapshot(`
    [
      "backend/failed-to-start",
      "backend "tensorflow" was found but did not start: @tensorflow/tfjs-node: libtensorflow.so.2: cannot open shared object file; run npm rebuild @tensorflow/tfjs-node and read what it prints",
    ]
  `)
  expect(automatic).toMatchInlineSnapshot(`
    {
      "chosen": "wasm",
      "other": {
        "name": "tensorflow",
        "reason": "found, but it did not start (@tensorflow/tfjs-node: libtensorflow.so.2: cannot open shared object file); run npm rebuild @tensorflow/tfjs-node and read what it prints",
      },
    }
  `)
  expect(listed.available).toBe(false)
  expect(listed.reason).toMatch(
    /^the native library of @tensorflow\/tfjs-node does not load \(.+\); run npm rebuild @tensorflow\/tfjs-node and read what it prints$/,
  )
})
