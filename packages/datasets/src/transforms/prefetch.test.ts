import { expect, test } from 'vitest'
import { classList } from '../classes/class-list.js'
import { createDataset } from '../dataset.js'
import { prefetch } from './prefetch.js'

const image = { height: 1, width: 1, channels: 3, data: new Uint8Array(3) }

/** Ten examples that take longer the earlier they stand; counts how many are being read. */
function slowDataset(onLoad: (id: string) => void = () => undefined) {
  const state = { running: 0, most: 0, loaded: 0 }
  const dataset = createDataset({
    name: 'slow',
    split: 'all',
    classes: classList(['background']),
    ids: Array.from({ length: 10 }, (_, i) => String(i)),
    load: async (id) => {
      state.running++
      state.loaded++
      state.most = Math.max(state.most, state.running)
      await new Promise((resolve) => setTimeout(resolve, 10 - Number(id)))
      state.running--
      onLoad(id)
      return { id, image }
    },
  })
  return { dataset, state }
}

test('yields examples in the order asked for, reading some ahead', async () => {
  const { dataset, state } = slowDataset()
  const ids: string[] = []
  for await (const { id } of prefetch(dataset, [3, 0, 9, 3, 1], { ahead: 3 })) ids.push(id)
  expect(ids).toEqual(['3', '0', '9', '3', '1'])
  expect(state.most).toBe(3)
})

test('stops reading when the loop is left, also with an endless order', async () => {
  const { dataset, state } = slowDataset()
  let closed = false
  function* endless() {
    try {
      for (let i = 0; ; i++) yield i % 10
    } finally {
      closed = true
    }
  }
  let seen = 0
  for await (const _ of prefetch(dataset, endless(), { ahead: 2 })) if (++seen === 4) break
  expect([seen, state.loaded, closed]).toEqual([4, 6, true])
})

test('throws an error at its place in the order', async () => {
  const { dataset } = slowDataset((id) => {
    if (id === '9') throw new Error('example 9 is damaged')
  })
  const ids: string[] = []
  const reading = (async () => {
    for await (const { id } of prefetch(dataset, [0, 1, 9, 2])) ids.push(id)
  })()
  await expect(reading).rejects.toThrow('example 9 is damaged')
  expect(ids).toEqual(['0', '1'])
})
