import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runFromSource } from '../backends/test-support/run-from-source.mjs'

/** Where Debian's chromium-common keeps SwiftShader, a Vulkan driver in software, and the loader that finds it. */
const chromium = '/usr/lib/chromium'
const swiftShader = join(chromium, 'vk_swiftshader_icd.json')
const driver = process.platform === 'linux' && process.arch === 'x64' && existsSync(swiftShader)

const inProcess = (body: string, env: Record<string, string>) =>
  runFromSource(
    `import { listBackends, useBackend } from './src/backends/index.ts'
     import * as tf from '@tensorflow/tfjs-core'
     ${body}`,
    { env },
  )

describe.skipIf(!driver)(`webgpu on SwiftShader (needs ${swiftShader}: apt-get install chromium-common)`, () => {
  const env = { VK_ICD_FILENAMES: swiftShader, VK_DRIVER_FILES: swiftShader, LD_LIBRARY_PATH: chromium }

  test('is found, and passed over by auto because it is emulated, even when it runs already', async () => {
    const [status, automatic] = await inProcess(
      `await useBackend('webgpu')
       const { chosen, others } = await useBackend()
       const list = await listBackends()
       console.log(JSON.stringify([list[1], { chosen, other: others[1] }]))`,
      env,
    )
    expect(status).toMatchObject({ name: 'webgpu', available: true, automatic: false })
    expect(automatic).toEqual({
      chosen: 'wasm',
      other: {
        name: 'webgpu',
        reason: expect.stringMatching(
          /^its GPU is emulated on the processor \(SwiftShader.*\), which wasm outruns; useBackend\("webgpu"\) takes it all the same$/,
        ),
      },
    })
  })

  test('computes when asked for, gives the navigator back and lets the process exit', async () => {
    const { chosen, sums, navigatorUnchanged } = await inProcess(
      `const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
       const { chosen } = await useBackend('webgpu')
       const after = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
       const sums = [...await tf.conv2d(tf.ones([1, 3, 3, 1]), tf.ones([3, 3, 1, 1]), 1, 'same').data()]
       console.log(JSON.stringify({ chosen, sums, navigatorUnchanged: before?.get === after?.get && before?.value === after?.value }))`,
      env,
    )
    expect(chosen).toBe('webgpu')
    expect(sums).toEqual([4, 6, 4, 6, 9, 6, 4, 6, 4]) // how many of the 3×3 neighbours lie inside
    expect(navigatorUnchanged).toBe(true)
  })

  test('sends the gradient of a maximum to the first of equal cells, however the windows lie', async () => {
    const differences = await inProcess(
      `await useBackend('cpu')
       const x = tf.tensor4d(Array.from({ length: 2 * 7 * 6 * 3 }, (_, i) => (i * 7 % 11) % 3), [2, 7, 6, 3])
       const windows = [[2, 2, 'valid'], [3, 2, 'same'], [[3, 2], [2, 3], 'valid'], [3, 2, 1, 'floor'], [3, 3, [[0, 0], [2, 1], [0, 2], [0, 0]], 'floor']]
       const gradients = async (backend) => {
         await useBackend(backend)
         const found = []
         for (const window of windows) {
           const pooled = tf.grad((x) => {
             const y = tf.maxPool(x, ...window)
             return tf.sum(tf.mul(y, tf.reshape(tf.range(1, y.size + 1), y.shape)))
           })(x)
           found.push([...await pooled.data()])
         }
         return found
       }
       await import('@tensorflow/tfjs-layers')
       const [oracle, ours] = [await gradients('cpu'), await gradients('webgpu')]
       console.log(JSON.stringify(oracle.map((values, i) => Math.max(...values.map((v, j) => Math.abs(v - ours[i][j]))))))`,
      env,
    )
    expect(differences).toEqual([0, 0, 0, 0, 0])
  })

  test('switches to wasm and back, keeping its own tensors', async () => {
    const values = await inProcess(
      `await useBackend('webgpu')
       const made = tf.square(tf.tensor1d([1, 2, 3]))
       await useBackend('wasm')
       const elsewhere = await tf.square(tf.tensor1d([4])).data()
       await useBackend('webgpu')
       console.log(JSON.stringify([...elsewhere, ...await tf.add(made, 1).data()]))`,
      env,
    )
    expect(values).toEqual([16, 2, 5, 10])
  })
})

describe.skipIf(process.platform !== 'linux')('webgpu without a driver (only Linux lets us hide it)', () => {
  test('says what to install', async () => {
    const none = '/nonexistent/driver.json'
    const text = await inProcess(
      `const error = await useBackend('webgpu').catch((error) => error)
       console.log(JSON.stringify([error.code, error.message]))`,
      { VK_ICD_FILENAMES: none, VK_DRIVER_FILES: none },
    )
    expect(text).toMatchInlineSnapshot(`
      [
        "backend/unavailable",
        "backend "webgpu" is not available here: no graphics driver that Dawn can use (Vulkan 1.1 on Linux, Direct3D 12 on Windows, Metal on macOS) was found; install the driver of your GPU, on Linux with its Vulkan loader (libvulkan1)",
      ]
    `)
  })
})
