import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { useBackend } from './index.js'

describe('useBackend', () => {
  test('names an unknown backend and the nearest known one', async () => {
    await expect(useBackend('webgup' as 'webgpu')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: unknown backend "webgup": known: auto, tensorflow, webgpu, webgl, wasm, cpu; did you mean "webgpu"?]`,
    )
    await expect(useBackend('metal' as 'webgpu')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: unknown backend "metal": known: auto, tensorflow, webgpu, webgl, wasm, cpu; pass "auto" to take the best available]`,
    )
  })

  test.each([
    [null, 'null'],
    [3, '3'],
    [{ name: 'wasm' }, 'of type object'],
  ])('names what is no name: %j', async (name, said) => {
    await expect(useBackend(name as unknown as 'cpu')).rejects.toThrow(
      `unknown backend ${said}: known: auto, tensorflow, webgpu, webgl, wasm, cpu; pass "auto" to take the best available`,
    )
  })

  test('says that webgl needs a browser', async () => {
    await expect(useBackend('webgl')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: backend "webgl" is not available here: it draws on a canvas, which Node has not; choose webgpu to use a GPU from Node]`,
    )
  })

  test('says why one backend was taken and the others were not', async () => {
    const report = await useBackend('cpu')
    expect(report).toMatchInlineSnapshot(`
      {
        "chosen": "cpu",
        "details": {},
        "others": [
          {
            "name": "tensorflow",
            "reason": "not tried: cpu was asked for",
          },
          {
            "name": "webgpu",
            "reason": "not tried: cpu was asked for",
          },
          {
            "name": "webgl",
            "reason": "not tried: cpu was asked for",
          },
          {
            "name": "wasm",
            "reason": "not tried: cpu was asked for",
          },
        ],
        "threads": 1,
        "why": "it was asked for",
      }
    `)
    expect(tf.getBackend()).toBe('cpu')
  })

  test('costs nothing when asked again', async () => {
    const first = await useBackend('cpu')
    const backend = tf.backend()
    expect(await useBackend('cpu')).toEqual(first)
    expect(tf.backend()).toBe(backend)
  })

  test('keeps tensors readable and usable across switches', async () => {
    await useBackend('cpu')
    const made = tf.tensor1d([1, 2, 3])
    await useBackend('wasm')
    const doubled = tf.mul(made, 2)
    expect([...(await doubled.data())]).toEqual([2, 4, 6])
    await useBackend('cpu')
    expect([...(await tf.add(made, doubled).data())]).toEqual([3, 6, 9])
    await useBackend('wasm')
    expect([...(await tf.sub(doubled, made).data())]).toEqual([1, 2, 3])
    expect(tf.getBackend()).toBe('wasm')
  })

  test('keeps the order of calls made at once', async () => {
    const reports = await Promise.all([useBackend('wasm'), useBackend('cpu'), useBackend('wasm'), useBackend('cpu')])
    expect(reports.map(({ chosen }) => chosen)).toEqual(['wasm', 'cpu', 'wasm', 'cpu'])
    expect(tf.getBackend()).toBe('cpu')
  })

  test('leaves the current backend in place when the one asked for cannot run', async () => {
    await useBackend('cpu')
    await expect(useBackend('webgl')).rejects.toThrow('not available here')
    expect(tf.getBackend()).toBe('cpu')
  })

  test('refuses other threads for a wasm that runs already', async () => {
    const { threads = 1 } = await useBackend('wasm', { wasmPath: '/served/' }) // for browsers; of no account in Node
    await expect(useBackend('wasm', { threads })).resolves.toMatchObject({ threads })
    await expect(useBackend('wasm', { threads: threads + 1 })).rejects.toThrow(
      `backend "wasm" runs with ${threads} threads and was asked for with ${threads + 1}: ` +
        'its threads are made when it starts; pass them in the first call of useBackend, or start a new process',
    )
  })
})
