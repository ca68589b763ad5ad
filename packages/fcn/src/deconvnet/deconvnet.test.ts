import { PixelwiseError } from '@pixelwise/core'
import type { LabelMap, Raster } from '@pixelwise/masks'
import { learningRateAt, type Schedule } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { aggregateWindows, labelsOfScores, multiplyScores } from './aggregate-windows.js'
import { deconvNet } from './deconvnet.js'
import { objectWindows } from './object-windows.js'
import { parseWindowList } from './proposal-list.js'
import { deconvNetSchedule } from './schedule.js'
import { cutWindow } from './windows.js'

const preprocessing = { inputKind: 'rgb', channelOrder: 'bgr', mean: [10, 20, 30], scale: [1, 1, 1] } as const

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('deconvNet', () => {
  test('mirrors its encoder, as in table 4 of the paper', () => {
    const net = deconvNet({ classes: 21, stages: slim(16), hidden: 256 })
    const shapes = Object.fromEntries(net.layers.map(({ name, outputShape }) => [name, [outputShape].flat()]))
    const channels = (name: string) => shapes[name].at(-1)
    expect(shapes['fc6']).toEqual([null, 1, 1, 256])
    expect(shapes['fc6-deconv']).toEqual([null, 7, 7, 512 / 16])
    const mirrored = [5, 4, 3, 2, 1].map((stage) => (stage > 2 ? [1, 2, 3] : [1, 2]).map((i) => `deconv${stage}_${i}`))
    expect(mirrored.map((names) => names.map((name) => 16 * (channels(name) as number)))).toEqual([
      [512, 512, 512],
      [512, 512, 256],
      [256, 256, 128],
      [128, 64],
      [64, 64],
    ])
    expect([5, 4, 3, 2, 1].map((stage) => shapes[`unpool${stage}`][1])).toEqual([14, 28, 56, 112, 224])
    expect(shapes['seg-score']).toEqual([null, 224, 224, 21])
    expect(net.layers.filter(({ name }) => name.startsWith('bn_'))).toHaveLength(29)
    net.dispose()
  })

  test('has the gradient of every weight, and values only where poolings took them', () => {
    const net = deconvNet({ classes: 3, inputSize: 8, stages: [{ channels: 4, convolutions: 1 }], hidden: 6 })
    const x = tf.randomNormal([6, 8, 8, 3], 0, 1, 'float32', 5)
    const { grads } = tf.variableGrads(() => tf.mean(tf.square(net.apply(x, { training: true }) as tf.Tensor)))
    expect(Object.keys(grads).sort()).toEqual(net.trainableWeights.map(({ name }) => name).sort())
    const sizes = Object.entries(grads).map(
      ([name, gradient]) => [name, tf.max(tf.abs(gradient)).dataSync()[0]] as const,
    )
    const largest = Math.max(...sizes.map(([, size]) => size))
    for (const [name, size] of sizes) {
      // Normalisation takes off what a bias adds.
      const isWithoutEffect = /bias/.test(name) && !/seg-score/.test(name)
      if (isWithoutEffect) expect(size).toBeLessThan(1e-5 * largest)
      else expect(size).toBeGreaterThan(1e-5 * largest)
    }
    const unpooled = model({ inputs: net.inputs, outputs: net.getLayer('unpool1').output }).predict(x) as tf.Tensor
    const nonZero = tf.sum(tf.cast(tf.notEqual(unpooled, 0), 'int32')).dataSync()[0]
    expect(nonZero).toBeGreaterThan(0)
    expect(nonZero).toBeLessThanOrEqual(unpooled.size / 4)
    net.dispose()
  })

  test('refuses a size that its poolings do not divide', () => {
    expect(() => deconvNet({ classes: 2, inputSize: 100 })).toThrow(
      new PixelwiseError('deconvnet/bad-size', {
        what: 'deconvNet with windows of 100×100 pixels and 5 poolings',
        rule: 'each pooling halves the window, so its size is a multiple of 32',
        next: 'take 96, or fewer stages',
      }),
    )
  })
})

describe('windows', () => {
  const image: Raster = { height: 2, width: 3, channels: 3, data: Uint8Array.from({ length: 18 }, (_, i) => 10 * i) }
  const labels: LabelMap = { height: 2, width: 3, labels: Uint8Array.of(1, 1, 2, 0, 255, 2) }

  test('of the image itself show it as it is', () => {
    const square = { ...image, height: 1, width: 1, data: image.data.slice(0, 3) }
    const window = cutWindow({ image: square }, { x: 0, y: 0, width: 1, height: 1 }, { size: 1, preprocessing })
    expect([...window.image.data]).toEqual([0, 10, 20])
  })

  test('that stick out show the mean, which is zero to the net, and do not count', () => {
    const window = cutWindow(
      { id: 'a', image, labels },
      { x: 1, y: -1, width: 3, height: 3 },
      { size: 3, preprocessing },
    )
    expect(window.id).toBe('a at 3×3+1+-1')
    expect([...(window.labels?.labels ?? [])]).toEqual([255, 255, 255, 1, 2, 255, 255, 2, 255])
    // The mean is in the order of the net, blue first.
    expect([...window.image.data.subarray(0, 3)]).toEqual([30, 20, 10])
    expect([...window.image.data.subarray(9, 15)]).toEqual([30, 40, 50, 60, 70, 80])
  })

  test('about objects have them in the middle, alone', () => {
    const instances: LabelMap = { height: 2, width: 3, labels: Uint8Array.of(1, 1, 2, 0, 0, 2) }
    const [first, second] = objectWindows(labels, instances, { extend: 1.5 })
    expect(first.box).toEqual({ x: -0.5, y: -1, width: 3, height: 3 })
    expect([...first.labels.labels]).toEqual([1, 1, 0, 0, 255, 0])
    expect(second.box).toEqual({ x: 1, y: -0.5, width: 3, height: 3 })
    expect([...second.labels.labels]).toEqual([0, 0, 2, 0, 255, 2])
  })

  test('are read from a list, with or without files of labels', () => {
    expect(parseWindowList('a.jpg 0 1 9 4\n\nb.jpg b.png -3 0 0 0\n')).toEqual([
      { image: 'a.jpg', box: { x: 0, y: 1, width: 10, height: 4 } },
      { image: 'b.jpg', labels: 'b.png', box: { x: -3, y: 0, width: 4, height: 1 } },
    ])
    expect(() => parseWindowList('a.jpg 0 1 9 4\na.jpg 0 1 nine 4', 'list.txt')).toThrow(
      'list.txt:2: "a.jpg 0 1 nine 4": a line is IMAGE X1 Y1 X2 Y2 or IMAGE LABELS X1 Y1 X2 Y2, the second corner right of and below the first; mend the line',
    )
    expect(() => parseWindowList('a.jpg 5 1 4 4')).toThrow('windows:1: corners 5 1 and 4 4: ')
  })
})

describe('aggregation over proposals', () => {
  // Scores are the colours themselves.
  const copy = () => {
    const image = input({ shape: [4, 4, 3] })
    return model({
      inputs: image,
      outputs: layers.activation({ activation: 'linear' }).apply(image) as SymbolicTensor,
    })
  }
  const plain = { ...preprocessing, channelOrder: 'rgb', mean: [0, 0, 0] } as const
  const image: Raster = {
    height: 6,
    width: 8,
    channels: 3,
    data: Float32Array.from({ length: 144 }, (_, i) => ((7 * i) % 11) - 3),
  }

  test('gives a window of the net’s own size its scores, where they are positive, and zero elsewhere', async () => {
    const box = { x: 3, y: 1, width: 4, height: 4 }
    const { data } = await aggregateWindows(copy(), image, [box], { size: 4, preprocessing: plain })
    const expected = Float32Array.from(image.data, (value, i) => {
      const [row, column] = [Math.floor(i / 24), Math.floor(i / 3) % 8]
      return row >= 1 && row < 5 && column >= 3 && column < 7 ? Math.max(0, value) : 0
    })
    expect(data).toEqual(expected)
  })

  test('keeps the largest score of each class, whatever the batches', async () => {
    const boxes = [
      { x: -1, y: -2, width: 6, height: 5 },
      { x: 2, y: 1, width: 8, height: 8 },
      { x: 0, y: 0, width: 8, height: 6 },
    ]
    const options = { size: 4, preprocessing: plain }
    const together = await aggregateWindows(copy(), image, boxes, { ...options, batchSize: 2 })
    const alone = await Promise.all(boxes.map((box) => aggregateWindows(copy(), image, [box], options)))
    expect(together.data).toEqual(together.data.map((_, i) => Math.max(...alone.map(({ data }) => data[i]))))
    const [first] = alone
    expect((await aggregateWindows(copy(), image, boxes, { ...options, most: 1 })).data).toEqual(first.data)
    expect((await aggregateWindows(copy(), image, boxes, { ...options, smallest: 8 })).data).toEqual(alone[1].data)
  })

  test('needs a window', async () => {
    const small = aggregateWindows(copy(), image, [{ x: 0, y: 0, width: 9, height: 3 }], {
      size: 4,
      preprocessing: plain,
      smallest: 4,
    })
    await expect(small).rejects.toThrow(
      'none of 1 boxes has sides of 4 pixels or more: scores come from at least one window; give more proposals, a lower limit, or the whole image as a box',
    )
    const empty = aggregateWindows(copy(), image, [{ x: 0, y: 0, width: 0, height: 3 }], {
      size: 4,
      preprocessing: plain,
    })
    await expect(empty).rejects.toThrow(
      'box 0×3+0+0: a box is {x, y, width, height} in pixels, with a positive width and height; leave empty boxes out',
    )
  })

  test('ensembles multiply positive scores; labels are those of the largest', () => {
    const one = { height: 1, width: 2, channels: 2, data: Float32Array.of(1, 2, -1, -3) }
    const other = { height: 1, width: 2, channels: 2, data: Float32Array.of(5, 1, 2, -3) }
    const product = multiplyScores(one, other)
    expect([...product.data]).toEqual([5, 2, 0, 0])
    expect([...labelsOfScores(product).labels]).toEqual([0, 0])
    expect([...labelsOfScores(one).labels]).toEqual([1, 0])
    expect(() => multiplyScores(one, { ...other, height: 2, data: new Float32Array(8) })).toThrow(
      'scores of 1×2×2 and of 2×2×2: both nets score the same image and the same classes; check that the scores belong together',
    )
  })
})

function slim(divisor: number) {
  return [
    [64, 2],
    [128, 2],
    [256, 3],
    [512, 3],
    [512, 3],
  ].map(([channels, convolutions]) => ({ channels: channels / divisor, convolutions }))
}

// The solvers of the published code: 20,000 and 40,000 iterations, the rate a tenth every 9,000 and 10,000.
test('the schedule: objects, then proposals; 64 windows an update, biases at twice the rate and without decay', () => {
  expect(deconvNetSchedule.map(({ windows, steps }) => [windows, steps])).toEqual([
    ['object', 20_000],
    ['proposals', 40_000],
  ])
  for (const { batchSize, solver } of deconvNetSchedule) {
    expect(batchSize * (solver.iterSize ?? 1)).toBe(64)
    expect([solver.momentum, solver.weightDecay]).toEqual([0.9, 5e-4])
    expect(solver.multipliers?.('deconv5_1/bias')).toEqual({ learningRate: 2, decay: 0 })
    expect(solver.multipliers?.('deconv5_1/kernel')).toEqual({})
  }
  const rates = deconvNetSchedule.map(({ solver, steps }) =>
    [0, 9_000, 10_000, steps - 1].map((step) => learningRateAt(solver.learningRate as Schedule, step)),
  )
  const closeTo = (values: number[]) => values.map((value) => expect.closeTo(value, 12))
  expect(rates).toEqual([closeTo([1e-2, 1e-3, 1e-3, 1e-4]), closeTo([1e-2, 1e-2, 1e-3, 1e-5])])
})
