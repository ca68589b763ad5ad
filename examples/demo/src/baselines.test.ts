import { classList, createDataset } from '@pixelwise/datasets'
import { expect, test } from 'vitest'
import { learnBaselines } from './baselines.js'

test('the colour classifier knows the commonest class of each colour, and the majority of all', async () => {
  const red = [250, 10, 10]
  const blue = [10, 10, 250]
  const image = { height: 1, width: 5, channels: 3, data: Uint8Array.of(...red, ...red, ...red, ...blue, ...blue) }
  const labels = { height: 1, width: 5, labels: Uint8Array.of(1, 1, 0, 0, 255) }
  const train = createDataset({
    name: 'two colours',
    split: 'train',
    classes: classList(['ground', 'thing', 'never']),
    ids: ['only'],
    load: async (id) => ({ id, image, labels }),
  })
  const [colour, majority] = await learnBaselines(train)
  expect([...colour.predict(image).labels]).toEqual([1, 1, 1, 0, 0])
  // Two of each: the first of equals. A colour never seen falls back to it.
  expect([...majority.predict(image).labels]).toEqual([0, 0, 0, 0, 0])
  const unseen = { height: 1, width: 1, channels: 3, data: Uint8Array.of(10, 250, 10) }
  expect([...colour.predict(unseen).labels]).toEqual([0])
})
