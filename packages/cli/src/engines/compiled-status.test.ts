import { PixelwiseError } from '@pixelwise/core'
import { expect, test } from 'vitest'
import { compiledStatus, formatCompiled } from './compiled-status.js'

test('where ONNX Runtime is installed, auto takes it', async () => {
  const status = await compiledStatus(async () => ({}))
  expect(status).toEqual({ name: 'compiled', available: true, automatic: true })
  expect(formatCompiled(status, 'wasm')).toBe(
    '* compiled   ONNX Runtime is installed (onnxruntime-node); --engine auto takes it',
  )
})

test('where it is not, the line says what to install and what auto takes instead', async () => {
  const status = await compiledStatus(failing(Object.assign(new Error('none'), { code: 'ERR_MODULE_NOT_FOUND' })))
  expect(status).toMatchObject({ available: false, automatic: false })
  expect(formatCompiled(status, 'wasm')).toBe(
    '- compiled   onnxruntime-node is not installed; run "npm install onnxruntime-node"; --engine auto takes wasm',
  )
})

test('one that does not start says why', async () => {
  const { reason } = await compiledStatus(failing(new Error('libgomp.so.1: cannot open\nRequire stack')))
  expect(reason).toBe(
    'onnxruntime-node cannot be loaded (libgomp.so.1: cannot open); run "npm install onnxruntime-node" again',
  )
})

/** As `loadOnnxRuntime` fails. */
function failing(cause: Error): () => Promise<never> {
  return async () => {
    const parts = { what: 'onnxruntime-node cannot be loaded', rule: 'a rule', next: 'a step', cause }
    throw new PixelwiseError('compiler/no-onnx-runtime', parts)
  }
}
