import { learningRateAt, sgd } from '@pixelwise/training'
import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { importCaffe } from './import-caffe.js'
import { readSolver, weightMultipliers } from './solver.js'

// The solver of voc-fcn-alexnet in the FCN release.
const fcnAlexnet = `train_net: "train.prototxt" test_net: "val.prototxt" test_iter: 736 test_interval: 999999999
display: 20 average_loss: 20 lr_policy: "fixed" base_lr: 1e-4 momentum: 0.9 iter_size: 20 max_iter: 100000
weight_decay: 0.0005 snapshot: 4000 snapshot_prefix: "snapshot/train" test_initialization: false`

test('a published solver becomes training settings', () => {
  const solver = readSolver(fcnAlexnet)
  expect(solver).toEqual({
    sgd: { learningRate: 1e-4, momentum: 0.9, weightDecay: 0.0005, iterSize: 20 },
    steps: 100_000,
    nets: { train: 'train.prototxt', test: ['val.prototxt'] },
    test: { batches: [736], every: 999_999_999 },
    snapshot: { every: 4000, prefix: 'snapshot/train' },
    log: { every: 20, average: 20 },
  })
  expect(sgd(solver.sgd).iterSize).toBe(20)
})

test.each([
  ['lr_policy: "step" gamma: 0.1 stepsize: 10', 25, 0.02],
  ['lr_policy: "multistep" gamma: 0.5 stepvalue: 10 stepvalue: 20', 25, 0.5],
  ['lr_policy: "poly" power: 2 max_iter: 100', 50, 0.5],
  ['lr_policy: "inv" gamma: 1 power: 1', 3, 0.5],
  ['lr_policy: "exp" gamma: 0.5', 1, 1],
])('%s', (policy, iteration, expected) => {
  const { learningRate } = readSolver(`base_lr: 2 ${policy}`).sgd
  if (typeof learningRate === 'number') throw new Error('expected a schedule')
  expect(learningRateAt(learningRate, iteration)).toBeCloseTo(expected, 12)
})

test.each([
  [
    'base_lr: 1 type: "Adam"',
    'solver.prototxt:1:1: solver type Adam: known: SGD; choose SGD, or train with a tfjs optimizer',
  ],
  ['lr_policy: "fixed"', 'solver.prototxt:1:1: no base_lr: training needs a learning rate; add base_lr'],
  [
    'base_lr: 1 lr_policy: "step"',
    'solver.prototxt:1:1: lr_policy "step" without gamma: the policy needs it; add gamma',
  ],
  [
    'base_lr: 1 lr_policy: "cosine"',
    'lr_policy "cosine": known: exp, fixed, inv, multistep, poly, sigmoid, step; correct lr_policy',
  ],
  ['base_lr: 1 regularization_type: "L1"', 'regularization_type L1: known: L2; choose L2'],
])('refuses %s', (text, expected) => {
  expect(() => readSolver(text)).toThrow(expected)
})

test('multipliers come from the net', () => {
  const { report, model } = importCaffe({
    net: `input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
          layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 } convolution_param { num_output: 2 kernel_size: 3 } }
          layer { name: "up" type: "Deconvolution" bottom: "conv" top: "up" param { lr_mult: 0 } convolution_param { num_output: 2 kernel_size: 4 stride: 2 bias_term: false } }`,
  })
  const multipliers = weightMultipliers(report)
  expect(multipliers('conv/kernel')).toEqual({ learningRate: 1, decay: 1 })
  expect(multipliers('conv/bias')).toEqual({ learningRate: 2, decay: 0 })
  expect(multipliers('up/kernel')).toEqual({ learningRate: 0, decay: 1 })
  expect(multipliers('other/kernel')).toEqual({})
  model.dispose()
})
