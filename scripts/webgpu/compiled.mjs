/**
 * Compiles an FCN for ONNX Runtime's WebGPU provider in Node and compares its scores with those of tfjs's cpu backend.
 *
 *     npm run setup
 *     VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json node scripts/webgpu/compiled.mjs
 *
 * Needs a Vulkan driver; the SwiftShader of Debian's chromium-common computes in software. Ends with 1 where scores differ
 * by more than 1e-5 of the largest.
 */
import '@tensorflow/tfjs-backend-cpu'
import { vggSmall } from '@pixelwise/backbones'
import { compiledEngine } from '@pixelwise/compiler/node'
import { fcn8s } from '@pixelwise/fcn'
import * as tf from '@tensorflow/tfjs-core'

tf.env().set('PROD', true)
await tf.setBackend('cpu')
const model = fcn8s(vggSmall({ seed: 1, width: 1 / 4 }), { classes: 3, start: 'msra' })
const shape = [1, 40, 48, 3]
const size = shape.reduce((product, length) => product * length, 1)
const image = tf.tensor(
  Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
  shape,
)
const engine = await compiledEngine({ fallback: 'error', executionProviders: ['webgpu'] })
const [scores] = await (await engine.prepare(model)).run([image])
const expected = model.predict(image)
const difference = tf.div(tf.max(tf.abs(tf.sub(scores, expected))), tf.max(tf.abs(expected))).dataSync()[0]
console.log(`FCN-8s on WebGPU differs from tfjs by ${difference.toExponential(1)} of the largest score`)
process.exitCode = difference <= 1e-5 ? 0 : 1
