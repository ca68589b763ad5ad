import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import * as ort from 'onnxruntime-node'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { writeOnnx } from './write-onnx.js'

let folder: string
let model: tfl.LayersModel
beforeAll(async () => {
  await tf.setBackend('cpu')
  model = withRandomWeights(
    tfl.sequential({
      layers: [
        tfl.layers.conv2d({ inputShape: [null, null, 3], filters: 32, kernelSize: 3 }),
        tfl.layers.conv2d({ filters: 40, kernelSize: 3 }),
      ],
    }),
  )
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pixelwise-onnx-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function expectScores(file: string): Promise<void> {
  const session = await ort.InferenceSession.create(file)
  const image = seededTensor([1, 9, 8, 3], 'image')
  const fed = new ort.Tensor('float32', image.dataSync() as Float32Array, image.shape)
  const [scores] = Object.values(await session.run({ [session.inputNames[0]]: fed }))
  const actual = tf.tensor(scores.data as Float32Array, [...scores.dims])
  expect(relativeDifference(actual, model.predict(image) as tf.Tensor)).toBeLessThan(1e-5)
  await session.release()
}

test('small models are one file', async () => {
  const file = join(folder, 'net.onnx')
  expect(await writeOnnx(file, model)).toEqual([{ file, bytes: statSync(file).size }])
  expect(readdirSync(folder)).toEqual(['net.onnx'])
  await expectScores(file)
})

test('beyond what one file holds, here 40 kB, the weights are in a second one', async () => {
  const file = join(folder, 'net.onnx')
  const written = await writeOnnx(file, model, { largestFile: 40_000 })
  expect(written.map((each) => each.file)).toEqual([file, `${file}.data`])
  expect(readdirSync(folder).sort()).toEqual(['net.onnx', 'net.onnx.data'])
  expect(statSync(file).size).toBeLessThan(5000)
  for (const { file: path, bytes } of written) expect(statSync(path).size).toBe(bytes)
  await expectScores(file)
})
