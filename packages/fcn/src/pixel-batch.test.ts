import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { pixelBatch } from './pixel-batch.js'

beforeAll(() => tf.setBackend('cpu'))

const preprocessing = { inputKind: 'grey', channelOrder: 'rgb', mean: [0], scale: [1] } as const

/** A grey image whose pixels are their own labels. */
const example = (id: string | undefined, height: number, width: number, values: number[]) => ({
  ...(id === undefined ? {} : { id }),
  image: { height, width, channels: 1, data: Uint8Array.from(values) },
  labels: { height, width, labels: Uint8Array.from(values) },
})

test('images of two sizes share a batch; beside the smaller one nothing counts', () => {
  const { inputs, targets } = pixelBatch([example('a', 1, 2, [1, 2]), example('b', 2, 1, [3, 4])], { preprocessing })
  expect(inputs[0].shape).toEqual([2, 2, 2, 1])
  expect([...inputs[0].dataSync()]).toEqual([1, 2, 0, 0, 3, 0, 4, 0])
  expect(targets[0].dtype).toBe('int32')
  expect([...targets[0].dataSync()]).toEqual([1, 2, 255, 255, 3, 255, 4, 255])
  tf.dispose([...inputs, ...targets])
})

test('a label that no class has is named before it can ruin a step', () => {
  const tensors = tf.memory().numTensors
  const labels = [0, 20, 255, 1, 2, 38]
  const batch = (id?: string) => pixelBatch([example(id, 2, 3, labels)], { preprocessing, classes: 21 })
  expect(() => batch('2008_000')).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: label 38 at (1, 2) of 2008_000: expected 0..20 or 255 (ignore); map the labels to the classes of the net, or run "pixelwise datasets check" on the data set]`,
  )
  expect(() => batch()).toThrow('label 38 at (1, 2) of example 0 of the batch: expected 0..20 or 255 (ignore)')
  expect(tf.memory().numTensors).toBe(tensors)
})

test('images without labels of their size are refused', () => {
  const { image, labels } = example('a', 1, 2, [0, 1])
  expect(() => pixelBatch([{ id: 'a', image }], { preprocessing })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: a has no labels: training needs a label for every pixel; open a split that has labels, or leave this example out]`,
  )
  const taller = { ...labels, height: 2 }
  expect(() => pixelBatch([{ image, labels: taller }], { preprocessing })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: example 0 of the batch: the image is 1×2, its labels 2×2: there is one label per pixel; run "pixelwise datasets check" on the data set]`,
  )
})
