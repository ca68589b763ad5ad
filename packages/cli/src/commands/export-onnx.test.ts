import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { saveModel } from '@pixelwise/core/node'
import { smallDescription } from '@pixelwise/testing/small-model'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import * as tfl from '@tensorflow/tfjs-layers'
import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { runMain, temporaryFolder } from '../../test-support/run-main.js'

/** A folder with a model in `model`, for images of any size. */
async function folderWithModel(): Promise<string> {
  const folder = temporaryFolder()
  await tf.setBackend('cpu')
  const net = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [null, null, 3], filters: 4, kernelSize: 3, activation: 'relu', name: 'conv' }),
      tfl.layers.conv2d({ filters: 2, kernelSize: 1, name: 'score' }),
    ],
  })
  await saveModel(net, join(folder, 'model'), { description: smallDescription })
  return folder
}

test('writes a file that ONNX Runtime runs, and says how well it agrees', async () => {
  const folder = await folderWithModel()
  const [model, out] = [join(folder, 'model'), join(folder, 'net.onnx')]
  const { code, stdout, stderr } = await runMain(
    'export-onnx',
    '--model',
    model,
    '--out',
    out,
    '--input',
    '8x9',
    '--json',
  )
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^it agrees with the model to /)])
  const report = JSON.parse(stdout)
  expect(report).toEqual({
    file: out,
    bytes: statSync(out).size,
    inputs: [{ name: 'conv_input', shape: [1, 8, 9, 3] }],
    difference: expect.any(Number),
  })
  expect(report.difference).toBeLessThan(1e-5)
  const session = await ort.InferenceSession.create(out)
  const image = new ort.Tensor('float32', new Float32Array(8 * 9 * 3), [1, 8, 9, 3])
  const results = await session.run({ conv_input: image })
  expect(results[session.outputNames[0]].dims).toEqual([1, 6, 7, 2])
})

test('the file says how it wants its images, and what its classes are called and coloured', async () => {
  const folder = await folderWithModel()
  const out = join(folder, 'net.onnx')
  const { code, stdout } = await runMain(
    'export-onnx',
    '--model',
    join(folder, 'model'),
    '--out',
    out,
    '--input',
    '8x9',
  )
  expect([code, stdout]).toEqual([0, `${out}\n`])
  const text = readFileSync(out).toString('utf8')
  const { preprocessing, classes, palette } = JSON.parse(readFileSync(join(folder, 'model', 'pixelwise.json'), 'utf8'))
  for (const part of [preprocessing, classes, palette]) expect(text).toContain(JSON.stringify(part))
})

test('the file takes images of every size where none is asked for', async () => {
  const folder = await folderWithModel()
  const out = join(folder, 'net.onnx')
  const { code, stdout } = await runMain('export-onnx', '--model', join(folder, 'model'), '--out', out, '--json')
  const report = JSON.parse(stdout)
  expect([code, report.inputs]).toEqual([0, [{ name: 'conv_input', shape: [null, null, null, 3] }]])
  expect(report.difference).toBeLessThan(1e-5)
  expect(readdirSync(folder).sort()).toEqual(['model', 'net.onnx'])
  const session = await ort.InferenceSession.create(out)
  for (const [height, width] of [
    [8, 9],
    [31, 17],
  ]) {
    const image = new ort.Tensor('float32', new Float32Array(2 * height * width * 3), [2, height, width, 3])
    const results = await session.run({ conv_input: image })
    expect(results[session.outputNames[0]].dims).toEqual([2, height - 2, width - 2, 2])
  }
})

test('refuses a size that no array holds', async () => {
  const folder = await folderWithModel()
  const out = join(folder, 'net.onnx')
  const argv = ['export-onnx', '--model', join(folder, 'model'), '--out', out, '--input', '99999x99999']
  expect(await runMain(...argv)).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'error: inputs of 1×99999×99999×3: an input has 2,147,483,648 values at most; pass a smaller --input or --batch, or leave both out for images of every size\n',
  })
})

test('says where it cannot write', async () => {
  const folder = await folderWithModel()
  for (const [out, code] of [
    [join(folder, 'nowhere', 'net.onnx'), 'ENOENT'],
    [join(folder, 'model'), 'EISDIR'],
  ]) {
    expect(await runMain('export-onnx', '--model', join(folder, 'model'), '--out', out)).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: cannot write ${out} (${code}): its folder must exist and be writable, and nothing else may bear its name; make the folder, or choose another place\n`,
    })
  }
  expect(readdirSync(folder)).toEqual(['model'])
})
