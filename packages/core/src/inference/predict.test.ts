import { Convolution, EagerEngine, type Engine, type Preprocessing, Rng } from '@pixelwise/core'
import type { Raster } from '@pixelwise/masks'
import { smallModel } from '@pixelwise/testing/small-model'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, test } from 'vitest'
import { type PredictOptions, predictLabels, predictScores } from './predict.js'
import { predictTensor } from './predict-tensor.js'
import { preprocess } from './preprocess.js'

const preprocessing: Preprocessing = { inputKind: 'rgb', channelOrder: 'rgb', mean: [128, 128, 128], scale: [1, 1, 1] }
const rng = new Rng('predict')
let model: tfl.LayersModel

beforeAll(async () => {
  await tf.setBackend('cpu')
  model = smallModel()
})

function photo(height: number, width: number): Raster {
  return { height, width, channels: 3, data: Uint8Array.from({ length: height * width * 3 }, () => rng.integer(256)) }
}

/** What tfjs itself says about one image. */
async function byTfjs(image: Raster): Promise<{ scores: number[]; labels: number[] }> {
  const input = preprocess(image, preprocessing)
  const scores = model.predict(input) as tf.Tensor
  const labels = tf.argMax(scores, 3)
  const found = { scores: [...(await scores.data())], labels: [...(await labels.data())] }
  tf.dispose([input, scores, labels])
  return found
}

test.each([1, 2, 5])('images of any sizes keep their size and order, %i in a batch', async (batchSize) => {
  const images = [photo(4, 5), photo(3, 3), photo(4, 5), photo(5, 4), photo(1, 1), photo(4, 5), photo(3, 3)]
  const expected = await Promise.all(images.map(byTfjs))
  const before = tf.memory().numTensors
  const labels = await predictLabels(model, images, { preprocessing, batchSize })
  const scores = await predictScores(model, images, { preprocessing, batchSize })
  expect(tf.memory().numTensors).toBe(before)
  images.forEach(({ height, width }, i) => {
    expect(labels[i]).toEqual({ height, width, labels: Uint8Array.from(expected[i].labels) })
    expect(scores[i]).toEqual({ height, width, channels: 2, data: Float32Array.from(expected[i].scores) })
  })
})

test('no image, no result', async () => {
  expect(await predictLabels(model, [], { preprocessing })).toEqual([])
})

test('labels beyond 255 are kept in 16 bits', async () => {
  const input = tfl.input({ shape: [null, null, 3] })
  const score = tfl.layers.conv2d({ filters: 300, kernelSize: 1, kernelInitializer: 'zeros', biasInitializer: 'zeros' })
  const wide = tfl.model({ inputs: input, outputs: score.apply(input) as tfl.SymbolicTensor })
  tf.tidy(() => {
    wide.weights[1].write(tf.range(0, 300))
  })
  const [{ labels }] = await predictLabels(wide, [photo(2, 2)], { preprocessing })
  expect(labels).toEqual(Uint16Array.of(299, 299, 299, 299))
  wide.dispose()
})

describe('runs on the engine it is given', () => {
  const eager = new EagerEngine()
  const used: string[] = []
  const engine: Engine = {
    ...eager,
    name: 'counting',
    prepareStep: (definition) => eager.prepareStep(definition),
    async prepare(net) {
      used.push('prepare')
      const prepared = await eager.prepare(net)
      return {
        run: (inputs) => {
          used.push('run')
          return prepared.run(inputs)
        },
        dispose: () => used.push('dispose'),
      }
    },
  }

  test('prepares once and disposes, also after an error', async () => {
    used.length = 0
    await predictLabels(model, [photo(2, 3), photo(3, 2)], { preprocessing, engine })
    expect(used).toEqual(['prepare', 'run', 'run', 'dispose'])
    used.length = 0
    await expect(predictLabels(model, [photo(2, 3)], { preprocessing, engine, output: 1 })).rejects.toThrow()
    expect(used).toEqual(['prepare', 'run', 'dispose'])
  })

  test('leaves a prepared model to its owner', async () => {
    const prepared = await engine.prepare(model)
    const image = photo(2, 3)
    used.length = 0
    const fromPrepared = await predictLabels(prepared, [image], { preprocessing })
    expect(used).toEqual(['run'])
    expect(fromPrepared).toEqual(await predictLabels(model, [image], { preprocessing }))
  })
})

describe('says what does not fit, and leaves no tensor', () => {
  async function rejection(run: () => Promise<unknown>): Promise<string> {
    const before = tf.memory().numTensors
    const message = await run().then(
      () => 'it succeeded',
      (error: Error) => error.message,
    )
    expect(tf.memory().numTensors).toBe(before)
    return message
  }
  const tensorOf = (shape: number[]) => tf.zeros<tf.Rank>(shape) as tf.Tensor4D
  async function rejectionOf(shape: number[], net = model, options = {}) {
    const images = tensorOf(shape)
    const message = await rejection(() => predictTensor(net, images, options))
    images.dispose()
    return message
  }

  test('rank', async () => {
    expect(await rejectionOf([4, 5, 3])).toBe(
      'an input of shape [4, 5, 3]: images are [N, H, W, C]; add the batch axis with tf.expandDims(image, 0)',
    )
    expect(await rejectionOf([4, 5])).toBe('an input of shape [4, 5]: images are [N, H, W, C]; reshape it')
  })
  test('a tensor whose values are gone', async () => {
    const images = tensorOf([1, 4, 5, 3])
    images.dispose()
    expect(await rejection(() => predictTensor(smallNamed(), images))).toBe(
      'an input of shape [1, 4, 5, 3] that was disposed: its values are needed until the prediction has been awaited; dispose it after that, and make it outside of tf.tidy',
    )
  })
  test('emptiness', async () => {
    expect(await rejectionOf([1, 0, 5, 3])).toBe(
      'an input of shape [1, 0, 5, 3]: there is at least one image of at least one pixel; check the files or the crop that it comes from',
    )
  })
  test('channels', async () => {
    expect(await rejectionOf([1, 4, 5, 4], smallNamed())).toBe(
      'images of 4 channels for model "tested": it takes 3; check inputKind of the preprocessing',
    )
  })
  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d', async (bad) => {
    const images = tf.tensor4d([1, 2, bad], [1, 1, 1, 3])
    expect(await rejection(() => predictTensor(model, images))).toBe(
      'an input of shape [1, 1, 1, 3] that contains NaN or infinity: image values are finite numbers; fill what is missing (holes of a depth image) before prediction',
    )
    images.dispose()
  })
  test('a net of one size', async () => {
    const fixed = tfl.sequential({
      name: 'fixed',
      layers: [tfl.layers.conv2d({ inputShape: [8, 8, 3], filters: 2, kernelSize: 1 })],
    })
    expect(await rejectionOf([1, 8, 9, 3], fixed)).toBe(
      'images of 8×9 pixels for model "fixed": it is built for 8×8; build it with inputs of shape [null, null, C] for images of any size, or resize the images',
    )
    fixed.dispose()
  })
  test('a net that changes the size', async () => {
    const shrinking = tfl.sequential({
      layers: [new Convolution({ inputShape: [null, null, 3], filters: 2, kernel: 3 })],
    })
    expect(await rejectionOf([1, 8, 9, 3], shrinking)).toBe(
      'scores of shape [1, 6, 7, 2] for images of shape [1, 8, 9, 3]: a net for dense prediction gives [N, H, W, classes] at the size of its input; end the net with an upsampling and a crop to its input (BilinearUpsampling, CropLike)',
    )
    shrinking.dispose()
  })
  test('outputs', async () => {
    expect(await rejectionOf([1, 2, 2, 3], model, { output: 1 })).toBe(
      'output 1 of a net with 1: outputs are counted from 0; pass output: 0',
    )
  })
  test('inputs', async () => {
    const [a, b] = [tfl.input({ shape: [null, null, 3] }), tfl.input({ shape: [null, null, 3] })]
    const both = tfl.model({
      name: 'both',
      inputs: [a, b],
      outputs: tfl.layers.add().apply([a, b]) as tfl.SymbolicTensor,
    })
    expect(await rejectionOf([1, 2, 2, 3], both)).toBe(
      'model "both" has 2 inputs: images are predicted with nets of one input; use engine.prepare(model) and run([first, second, …])',
    )
  })
  test('one score is no choice', async () => {
    const single = tfl.sequential({
      layers: [tfl.layers.conv2d({ inputShape: [null, null, 3], filters: 1, kernelSize: 1 })],
    })
    expect(await rejection(() => predictLabels(single, [photo(2, 2)], { preprocessing }))).toBe(
      'labels from a net with one score per pixel: a label is the class with the highest of two or more scores; use predictScores and compare the score with a threshold (0 for a logit)',
    )
    single.dispose()
  })

  function smallNamed(): tfl.LayersModel {
    const image = tfl.input({ shape: [null, null, 3] })
    return tfl.model({ name: 'tested', inputs: image, outputs: model.apply(image) as tfl.SymbolicTensor })
  }
})

test('what is no list of images is refused, and so are missing options', async () => {
  const raster = { height: 2, width: 2, channels: 3, data: new Uint8Array(12) }
  // As from a program without types.
  const labels = (rasters: unknown, options: unknown = { preprocessing }) =>
    predictLabels(model, rasters as Raster[], options as PredictOptions)
  await expect(labels(raster)).rejects.toThrow(
    'images given as object: they are a list of rasters, and the labels come as a list; pass [raster] for a single image',
  )
  await expect(labels(null)).rejects.toThrow('images given as null: they are a list')
  await expect(labels([null])).rejects.toThrow(
    'an image given as null: an image is {height, width, channels, data}, its values in a typed array; decode the file with decodeImage of @pixelwise/datasets',
  )
  await expect(labels([{ height: 2, width: 2 }])).rejects.toThrow('an image given as object without data:')
  await expect(labels([raster], null)).rejects.toThrow(
    'predict: preprocessing is missing: it is an object {inputKind, channelOrder, mean, scale}; see the type Preprocessing',
  )
})
