import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, describe, expect, test } from 'vitest'
import { entryPoints, packages, repository } from './support/packages.js'
import { mustRun } from './support/run.js'

/**
 * Lists what importing a module changes outside itself: globals, listeners and handles of the process, and tfjs's
 * global maps of layer classes, kernels, gradients, backends and flags.
 */
const observer = `
  import * as tf from '@tensorflow/tfjs-core'
  import { serialization } from '@tensorflow/tfjs-core'
  import '@tensorflow/tfjs-layers'
  import '@tensorflow/tfjs-backend-cpu'
  import '@tensorflow/tfjs-backend-wasm'

  const backends = ['cpu', 'wasm', 'webgl', 'webgpu', 'tensorflow']
  const state = () => ({
    globals: Object.getOwnPropertyNames(globalThis),
    listeners: process.eventNames().map((name) => String(name) + process.listenerCount(name)),
    handles: process.getActiveResourcesInfo().filter((name) => name !== 'TTYWrap' && !/^(Pipe|FSReq)/.test(name)),
    layers: Object.keys(serialization.SerializationMap.getMap().classNameMap),
    kernels: backends.flatMap((backend) => tf.getKernelsForBackend(backend).map((kernel) => backend + '/' + kernel.kernelName)),
    gradients: tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName).filter((name) => tf.getGradient(name) !== undefined),
    backends: Object.keys(tf.engine().registryFactory),
    chosen: [tf.engine().backendName],
    flags: Object.entries(tf.env().flagRegistry).map(([name]) => name),
    tensors: [tf.engine().state.numTensors],
  })
  const before = state()
  await import(process.argv[2])
  const after = state()
  const changes = Object.keys(before).flatMap((kind) => [
    ...after[kind].filter((item) => !before[kind].includes(item)).map((item) => '+ ' + kind + ' ' + item),
    ...before[kind].filter((item) => !after[kind].includes(item)).map((item) => '- ' + kind + ' ' + item),
  ])
  process.stdout.write(JSON.stringify(changes), () => process.exit())
`

const folder = mkdtempSync(join(repository, 'node_modules', '.side-effects-'))
const observerFile = join(folder, 'observer.mjs')
writeFileSync(observerFile, observer)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function changesBy(specifier: string): Promise<string[]> {
  const { stdout } = await mustRun(process.execPath, [observerFile, specifier], { cwd: folder })
  return JSON.parse(stdout)
}

describe('importing an entry', () => {
  test.each(packages.flatMap(entryPoints))('%s changes nothing outside itself', async (entry) => {
    expect(await changesBy(entry)).toEqual([])
  })

  test('that does change something is caught', async () => {
    const planted = join(folder, 'planted.mjs')
    writeFileSync(
      planted,
      `import * as tf from '@tensorflow/tfjs-core'
       globalThis.planted = 1
       process.on('planted', () => {})
       tf.registerBackend('planted', () => null)
       tf.registerKernel({ kernelName: 'Planted', backendName: 'cpu', kernelFunc: () => [] })
       await tf.setBackend('cpu')
       tf.scalar(1)`,
    )
    expect(await changesBy(planted)).toEqual([
      '+ globals planted',
      '+ listeners planted1',
      '+ kernels cpu/Planted',
      '+ backends planted',
      '+ chosen cpu',
      '- chosen undefined',
      '+ tensors 1',
      '- tensors 0',
    ])
  })
})

describe('a bundler', () => {
  test.each(packages.flatMap(entryPoints))('drops %s when nothing of it is used', async (entry) => {
    const { code } = await bundle(`import '${entry}'\nexport {}`, 'node')
    expect(code.replace(/export \{\s*\};?|\/\/.*/g, '').trim()).toBe('')
  })

  const neutral = packages
    .filter(({ folder }) => folder !== 'cli')
    .flatMap(entryPoints)
    .filter((entry) => !entry.endsWith('/node'))

  test.each(neutral)('finds nothing of Node in %s when it builds for browsers', async (entry) => {
    const { imports } = await bundle(`export * from '${entry}'`, 'browser')
    expect(imports.filter((name) => name.startsWith('node:') || builtinModules.includes(name))).toEqual([])
  })
})

/** Bundles a program of one file; tfjs and other third parties stay outside. */
async function bundle(program: string, platform: 'node' | 'browser'): Promise<{ code: string; imports: string[] }> {
  const input = join(folder, 'entry.mjs')
  writeFileSync(input, program)
  const built = await rolldown({
    input,
    platform,
    external: (id) =>
      !id.startsWith('.') && !id.startsWith('/') && !/^(@pixelwise\/|#)/.test(id) && !/^[A-Z]:/.test(id),
  })
  const { output } = await built.generate({ format: 'esm', codeSplitting: false })
  await built.close()
  const [{ code, imports, dynamicImports }] = output
  return { code, imports: [...imports, ...dynamicImports] }
}
