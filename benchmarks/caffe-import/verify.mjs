// Compares the full-size FCN-8s with OpenCV's output: python3 verify.py FOLDER && node verify.mjs FOLDER
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importCaffeFiles } from '@pixelwise/caffe-import/node'
import { useBackend } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'

const folder = process.argv[2]
const floats = (name) => new Float32Array(readFileSync(join(folder, name)).buffer.slice(0))
tf.env().set('PROD', true)
await useBackend('wasm')
const { model } = await importCaffeFiles({ net: join(folder, 'net.prototxt'), weights: join(folder, 'net.caffemodel') })
const start = performance.now()
const score = tf.transpose(
  model.predict(tf.transpose(tf.tensor4d(floats('image.f32'), [1, 3, 64, 64]), [0, 2, 3, 1])),
  [0, 3, 1, 2],
)
const [found, expected] = [await score.data(), floats('score.f32')]
const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
const difference = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0)
console.log(
  `${found.length} values, largest ${largest.toPrecision(4)}, relative difference ${(difference / largest).toExponential(2)}, ${((performance.now() - start) / 1000).toFixed(1)} s`,
)
