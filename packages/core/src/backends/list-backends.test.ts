import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { backendNames, formatBackends, listBackends } from './index.js'

test('lists every backend, one of them taken by default, without touching tfjs or the globals', async () => {
  const globalsBefore = Object.getOwnPropertyNames(globalThis)
  const navigatorBefore = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  const list = await listBackends()
  expect(list.map(({ name }) => name)).toEqual([...backendNames])
  expect(list.filter(({ automatic }) => automatic)).toHaveLength(1)
  expect(list.filter(({ available, reason }) => !available && !reason)).toEqual([])
  expect(backendNames.filter((name) => tf.findBackend(name))).toEqual([])
  expect(Object.getOwnPropertyNames(globalThis)).toEqual(globalsBefore)
  expect(Object.getOwnPropertyDescriptor(globalThis, 'navigator')).toEqual(navigatorBefore)
})

test('prints a list as text', () => {
  expect(
    formatBackends([
      { name: 'webgpu', available: true, automatic: false, reason: 'emulated', details: { adapter: 'SwiftShader' } },
      { name: 'webgl', available: false, automatic: false, reason: 'needs a browser; choose another', details: {} },
      { name: 'wasm', available: true, automatic: true, details: { simd: true } },
      { name: 'cpu', available: true, automatic: false, details: {} },
    ]),
  ).toMatchInlineSnapshot(`
    "+ webgpu     available (adapter SwiftShader): emulated
    - webgl      needs a browser; choose another
    * wasm       available, taken by default (simd true)
    + cpu        available"
  `)
})

test('prints a report as text', () => {
  expect(
    formatBackends({
      chosen: 'wasm',
      why: 'it was asked for',
      threads: 2,
      details: { simd: true },
      others: [{ name: 'cpu', reason: 'not tried: wasm was asked for' }],
    }),
  ).toMatchInlineSnapshot(`
    "* wasm       it was asked for (threads 2, simd true)
    - cpu        not tried: wasm was asked for"
  `)
})
