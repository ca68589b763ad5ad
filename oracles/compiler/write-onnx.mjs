/**
 * Writes ONNX files of nets, with inputs and the scores that TensorFlow.js gives, for check_onnx.py.
 * `npm run setup && node oracles/compiler/write-onnx.mjs FOLDER [--large]`; --large adds a file beyond 2 GiB.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { caffenet, googlenet, resnet50, squeezenet10, squeezenet11Classifier, vggSmall } from '@pixelwise/backbones'
import { writeOnnx } from '@pixelwise/compiler/node'
import { Rng } from '@pixelwise/core'
import { deconvNet, fcn, fcn8s } from '@pixelwise/fcn'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

const [folder, ...flags] = process.argv.slice(2)
await mkdir(folder, { recursive: true })
tf.env().set('PROD', true)
await tf.setBackend('cpu')

const cases = []
const small = drawn(fcn8s(vggSmall({ seed: 1, width: 1 / 4 }), { classes: 5 }))
const squeeze = drawn(fcn(squeezenet10({ seed: 1, width: 1 / 4, pad: 100 }), { classes: 5, stride: 4 }))
for (const [name, model] of [
  ['fcn8s', small],
  ['fcn4s-squeezenet', squeeze],
]) {
  const sizes = [
    [1, 64, 64, 3],
    [1, 51, 70, 3],
    [2, 45, 33, 3],
  ]
  await write(`${name}-any-size.onnx`, model, sizes, {}, false)
}
// OpenCV 4.6 knows no free sizes.
const narrow = { seed: 1, width: 1 / 4 }
const resized = { classes: 5, stride: 8, upsampling: 'resize' }
const stages = [8, 16].map((channels) => ({ channels, convolutions: 2 }))
const classes = { classes: 9, logits: true }
for (const [name, model, side = [64, 96]] of [
  ['fcn8s', small],
  ['fcn8s-learned', fcn8s(vggSmall(narrow), { classes: 5, upsampling: 'learned' })],
  ['fcn-alexnet', fcn(caffenet({ ...narrow, pad: 100 }), { classes: 5, stride: 32 })],
  ['fcn-googlenet', fcn(googlenet({ ...narrow, pad: 100 }), { classes: 5, stride: 32 })],
  ['fcn4s-squeezenet', squeeze],
  ['fcn8s-resnet50', fcn(resnet50({ ...narrow, width: 1 / 16 }), resized)],
  ['deconvnet', deconvNet({ classes: 5, inputSize: 32, hidden: 16, stages }), [32, 32]],
  ['squeezenet1.1', squeezenet11Classifier({ ...narrow, ...classes })],
]) {
  const shape = [1, ...side, 3]
  // It cannot tell where a maximum was.
  await write(`${name}-${side.join('x')}.onnx`, drawn(model), [shape], { inputs: [{ shape }] }, name !== 'deconvnet')
}
await write('external.onnx', small, [[1, 40, 48, 3]], { largestFile: 1000 }, false)
if (flags.includes('--large')) {
  // 2.3 GB: a fully connected layer over a map of 24×24, as convolution.
  const model = drawn(
    tfl.sequential({
      layers: [
        tfl.layers.conv2d({ inputShape: [null, null, 3], filters: 256, kernelSize: 3, padding: 'same' }),
        tfl.layers.conv2d({ filters: 3900, kernelSize: 24, kernelInitializer: 'zeros' }),
        tfl.layers.conv2d({ filters: 2, kernelSize: 1 }),
      ],
    }),
  )
  await write('large.onnx', model, [[1, 24, 25, 3]], {}, false)
}
await writeFile(join(folder, 'cases.json'), JSON.stringify(cases))

/** Heads start at zero, and zeros agree with each other. */
function drawn(model) {
  for (const weight of model.trainableWeights) {
    const { shape } = weight
    const size = shape.reduce((product, length) => product * length, 1)
    const limit = Math.sqrt((3 * (shape.at(-1) ?? 1)) / size)
    const values = new Float32Array(size)
    const rng = new Rng(weight.originalName)
    const some = Float32Array.from({ length: Math.min(size, 99_991) }, () => rng.uniform(-limit, limit))
    for (let i = 0; i < size; i++) values[i] = some[i % some.length]
    tf.tidy(() => weight.write(tf.tensor(values, shape)))
  }
  return model
}

async function write(file, model, sizes, options, opencv) {
  const metadata = { classes: JSON.stringify(['background', 'Möwe']) }
  await writeOnnx(join(folder, file), model, { ...options, metadata })
  const runs = []
  for (const [i, shape] of sizes.entries()) {
    const rng = new Rng(`image ${i}`)
    const image = tf.tidy(() =>
      tf.tensor(
        Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.uniform(-1, 1)),
        shape,
      ),
    )
    const scores = model.predict(image)
    const names = { image: `${file}.image-${i}.bin`, scores: `${file}.scores-${i}.bin` }
    await writeFile(join(folder, names.image), await image.data())
    await writeFile(join(folder, names.scores), await scores.data())
    runs.push({ ...names, imageShape: shape, shape: scores.shape })
  }
  cases.push({ file, input: model.inputs[0].sourceLayer.name, output: model.outputs[0].sourceLayer.name, runs, opencv })
}
