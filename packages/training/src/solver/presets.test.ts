import { expect, test } from 'vitest'
import { equivalentMomentum } from './momentum.js'
import { doubledBiases, trainingPresets } from './presets.js'

test('heavy and batch-20 are the settings of the published solvers and of the thesis', () => {
  const presets = trainingPresets()
  expect(presets.names()).toEqual(['batch-20', 'heavy'])
  // voc-fcn32s/solver.prototxt
  expect(presets.get('heavy').sgd).toEqual({
    learningRate: 1e-10,
    momentum: 0.99,
    weightDecay: 5e-4,
    multipliers: doubledBiases,
  })
  expect(presets.get('heavy')).toMatchObject({ batchSize: 1, normalization: 'none' })
  // Long 2016, §3.3: 20 images, 1e-4 for VGG-16, momentum 0.9, doubled rate for biases
  expect(presets.get('batch-20')).toMatchObject({ sgd: { learningRate: 1e-4, momentum: 0.9, iterSize: 20 } })
  expect(presets.get('batch-20')).toMatchObject({ batchSize: 1, normalization: 'valid' })
})

test('heavy learning looks back about half as far as the batches of 20', () => {
  const [heavy, batches] = ['heavy', 'batch-20'].map((name) => trainingPresets().get(name).sgd.momentum ?? 0)
  const perImage = equivalentMomentum(batches, { from: 20, to: 1 })
  expect((1 / (1 - perImage)) * (1 - heavy)).toBeCloseTo(1.903, 3) // 190 images against 100
})

test('only biases learn twice as fast, without decay', () => {
  expect(doubledBiases('conv1/bias')).toEqual({ learningRate: 2, decay: 0 })
  expect(doubledBiases('bias/kernel')).toEqual({})
})

test('an unknown preset is told with the nearest name', () => {
  expect(() => trainingPresets().get('hevy')).toThrow(
    'unknown training preset "hevy": known: batch-20, heavy; did you mean "heavy"?',
  )
})
