import '@tensorflow/tfjs-backend-cpu'
import type { LabelMap, Raster } from '@pixelwise/masks'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { recipeBatch } from './recipe-batch.js'
import { recipeRegistry } from './recipes.js'

const recipe = (name: string) => recipeRegistry().get(name)

test('SIFT Flow: two label maps to one image', () => {
  const { inputs, targets } = recipeBatch(
    [{ image: image(2, 3, 10), labels: labels(2, 3, 32), geometric: labels(2, 3, 255) }],
    recipe('siftflow-fcn8s'),
  )
  expect(inputs.map(({ shape }) => shape)).toEqual([[1, 2, 3, 3]])
  expect(targets.map((map) => [...map.dataSync()])).toEqual([Array(6).fill(32), Array(6).fill(255)])
  // RGB 10, 11, 12 as BGR less the published mean.
  const expected = [12 - 114.578, 11 - 115.294, 10 - 108.353]
  expect([...inputs[0].dataSync()].slice(0, 3)).toEqual(expected.map((value) => expect.closeTo(value, 4)))
  tf.dispose([...inputs, ...targets])
})

test('early fusion: colours and the logarithm of depth; the mean where nothing was measured', () => {
  const depth = { height: 1, width: 2, channels: 1, data: Uint16Array.of(2550, 0) }
  const { inputs, targets } = recipeBatch(
    [{ image: image(1, 2, 10), labels: labels(1, 2, 3), depth }],
    recipe('nyud-fcn32s-color-d'),
  )
  const values = [...inputs[0].dataSync()]
  expect(inputs[0].shape).toEqual([1, 1, 2, 4])
  expect(values[0]).toBeCloseTo(12 - 116.19, 4)
  expect(values[3]).toBeCloseTo(Math.log(2550) - 7.844, 5)
  expect(values[7]).toBeCloseTo(0, 5)
  tf.dispose([...inputs, ...targets])
})

test('late fusion: colour and HHA, each less its mean, of two sizes in one batch', () => {
  const before = tf.memory().numTensors
  const example = (height: number) => ({
    image: image(height, 2, 10),
    hha: image(height, 2, 20),
    labels: labels(height, 2, 39),
  })
  const { inputs, targets } = recipeBatch([example(2), example(1)], recipe('nyud-fcn32s-color-hha'))
  expect(inputs.map(({ shape }) => shape)).toEqual([
    [2, 2, 2, 3],
    [2, 2, 2, 3],
  ])
  const expected = [20 - 132.431, 21 - 94.076, 22 - 118.477]
  expect([...inputs[1].dataSync()].slice(0, 3)).toEqual(expected.map((value) => expect.closeTo(value, 4)))
  expect([...targets[0].dataSync()]).toEqual([39, 39, 39, 39, 39, 39, 255, 255])
  tf.dispose([...inputs, ...targets])
  expect(tf.memory().numTensors).toBe(before)
})

test('what an example lacks is said', () => {
  const example = { id: 'img_5001', image: image(1, 2, 0), labels: labels(1, 2, 0) }
  expect(() => recipeBatch([example], recipe('nyud-fcn32s-hha'))).toThrow(
    'img_5001 has no hha: the net of this recipe sees it; open the data set with { hha: true }',
  )
  expect(() => recipeBatch([example], recipe('siftflow-fcn8s'))).toThrow(
    'img_5001 has no labels: training needs a label for every pixel; open a split that has labels, or leave this example out',
  )
  expect(() => recipeBatch([{ ...example, hha: image(2, 2, 0) }], recipe('nyud-fcn32s-color-hha'))).toThrow(
    'img_5001: one image is 1×2, another 2×2: the images of an example show the same pixels; run "pixelwise datasets check" on the data set',
  )
  expect(() => recipeBatch([{ ...example, labels: labels(1, 2, 40) }], recipe('nyud-fcn32s-color'))).toThrow(
    'label 40 at (0, 0) of img_5001: expected 0..39 or 255 (ignore); map the labels to the classes of the net, or run "pixelwise datasets check" on the data set',
  )
})

/** Red, green and blue are value, value + 1 and value + 2. */
function image(height: number, width: number, value: number): Raster {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => value + (i % 3))
  return { height, width, channels: 3, data }
}

function labels(height: number, width: number, label: number): LabelMap {
  return { height, width, labels: new Uint8Array(height * width).fill(label) }
}
