import '@tensorflow/tfjs-backend-cpu'
import { Dropout, EagerEngine } from '@pixelwise/core'
import { Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Checkpoint } from './checkpoint.js'
import { type BatchSource, sampledBatches } from './data/batch-source.js'
import { shuffledSampler } from './data/sampler.js'
import { sgd } from './solver/sgd.js'
import { train } from './train.js'
import type { StepEvent, TrainOptions } from './train-options.js'
import { modelWeights, readNamed } from './weights.js'

beforeAll(() => tf.setBackend('cpu'))

/** Batch normalisation is here for its moving averages: weights that no gradient touches but a resume must restore. */
function tinyNet(dropout = 0): LayersModel {
  const values = new Rng('net')
  const net = sequential({
    name: 'tiny',
    layers: [
      layers.conv2d({ name: 'conv', inputShape: [null, null, 2], filters: 3, kernelSize: 3, padding: 'same' }),
      layers.batchNormalization({ name: 'norm' }),
      layers.conv2d({ name: 'score', filters: 2, kernelSize: 1 }),
      ...(dropout === 0 ? [] : [new Dropout({ name: 'drop', rate: dropout })]),
    ],
  })
  for (const { name, variable } of modelWeights(net)) {
    if (!/kernel/.test(name)) continue
    variable.assign(
      tf.tensor(
        Float32Array.from({ length: variable.size }, () => values.normal(0, 0.5)),
        variable.shape,
      ),
    )
  }
  return net
}

/** Seven examples; the net learns the sum and the difference of the channels. Noise stands for augmentation. */
function batches(seed: number): BatchSource {
  return sampledBatches({
    sampler: shuffledSampler(7, new Rng(seed).split('order')),
    batchSize: 2,
    load: async (indices, rng) =>
      tf.tidy(() => {
        const values = indices.flatMap((index) => {
          const example = new Rng(index)
          return Array.from({ length: 4 * 4 * 2 }, () => example.normal() + 0.1 * rng.normal())
        })
        const image = tf.tensor4d(values, [indices.length, 4, 4, 2])
        const [a, b] = tf.split(image, 2, 3)
        return { inputs: [image], targets: [tf.concat([tf.add(a, b), tf.sub(a, b)], 3)] }
      }),
  })
}

const squaredError: TrainOptions['loss'] = ([scores], [target]) => tf.mean(tf.squaredDifference(scores, target))

function options(overrides: Partial<TrainOptions> = {}): TrainOptions {
  return {
    engine: new EagerEngine(),
    model: tinyNet(),
    loss: squaredError,
    data: batches(1),
    solver: sgd({ learningRate: { policy: 'exp', base: 0.1, gamma: 0.98 }, momentum: 0.9, weightDecay: 1e-3 }),
    steps: 20,
    rng: new Rng(1),
    ...overrides,
  }
}

const weightsOf = (model: LayersModel) => readNamed(modelWeights(model))
const throughJson = (checkpoint: Checkpoint): Checkpoint => ({
  ...checkpoint,
  ...JSON.parse(
    JSON.stringify({
      data: checkpoint.data,
      seed: checkpoint.seed,
      recentLosses: checkpoint.recentLosses,
      evaluation: checkpoint.evaluation,
    }),
  ),
})

describe('a run', () => {
  test('learns and reports every step', async () => {
    const events: StepEvent[] = []
    const result = await train(options({ steps: 60, onStep: (event) => void events.push(event) }))
    expect(result).toEqual({ step: 60, stopped: 'finished', averageLoss: events[59].averageLoss, best: null })
    expect(events.map(({ step }) => step)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    expect(events[59].averageLoss).toBeLessThan(events[0].loss / 10)
    expect(events[59].learningRate).toBeCloseTo(0.1 * 0.98 ** 59, 12)
    const last20 = events.slice(40).map(({ loss }) => loss)
    expect(events[59].averageLoss).toBeCloseTo(last20.reduce((a, b) => a + b) / 20, 12)
  })

  test.each([0, 0.5])('of 20 steps equals 10, a checkpoint and 10 more, bit for bit, with dropout %d', async (rate) => {
    const whole = options({ model: tinyNet(rate) })
    const wholeEvents: StepEvent[] = []
    await train({ ...whole, onStep: (event) => void wholeEvents.push(event) })

    const checkpoints: Checkpoint[] = []
    await train(
      options({
        model: tinyNet(rate),
        steps: 10,
        checkpoint: { save: (checkpoint) => void checkpoints.push(checkpoint) },
      }),
    )
    expect(checkpoints.map(({ step }) => step)).toEqual([10])
    const model = tinyNet(rate)
    const scrambled = batches(1)
    await scrambled
      .next({ step: 0, part: 0 }, new Rng(3))
      .then(({ inputs, targets }) => tf.dispose([...inputs, ...targets]))
    const events: StepEvent[] = []
    await train(
      options({
        model,
        data: scrambled,
        resume: throughJson(checkpoints[0]),
        onStep: (event) => void events.push(event),
      }),
    )
    expect(await weightsOf(model)).toEqual(await weightsOf(whole.model))
    expect(events.map(({ loss, averageLoss }) => [loss, averageLoss])).toEqual(
      wholeEvents.slice(10).map(({ loss, averageLoss }) => [loss, averageLoss]),
    )
  })

  test('with other randomness ends elsewhere', async () => {
    const [one, other] = [options(), options({ rng: new Rng(2) })]
    await train(one)
    await train(other)
    expect(await weightsOf(one.model)).not.toEqual(await weightsOf(other.model))
  })

  test('averages iterSize batches into a step', async () => {
    const fixed = (values: number[][]): BatchSource => {
      let calls = 0
      return {
        next: async () => {
          const x = tf.tensor2d(values[calls++ % values.length], [values[0].length, 1])
          return { inputs: [x], targets: [tf.mul(x, 3)] }
        },
      }
    }
    const line = () =>
      sequential({
        layers: [layers.dense({ name: 'line', units: 1, useBias: false, kernelInitializer: 'ones', inputShape: [1] })],
      })
    const [small, large] = [line(), line()]
    const events: StepEvent[] = []
    const onStep = (event: StepEvent) => void events.push(event)
    const common = { steps: 2, onStep }
    await train(
      options({ ...common, model: small, data: fixed([[1], [2]]), solver: sgd({ learningRate: 0.125, iterSize: 2 }) }),
    )
    await train(options({ ...common, model: large, data: fixed([[1, 2]]), solver: sgd({ learningRate: 0.125 }) }))
    expect(events.map(({ loss }) => loss)).toEqual([10, 1.40625, 10, 1.40625])
    expect((await weightsOf(small))[0].values).toEqual((await weightsOf(large))[0].values)
  })
})

describe('checkpoints', () => {
  test('come at their interval and at the end', async () => {
    const steps: number[] = []
    await train(options({ steps: 7, checkpoint: { every: 3, save: ({ step }) => void steps.push(step) } }))
    expect(steps).toEqual([3, 6, 7])
    steps.length = 0
    await train(options({ steps: 6, checkpoint: { every: 3, save: ({ step }) => void steps.push(step) } }))
    expect(steps).toEqual([3, 6])
  })

  test('an abort finishes the step under way and stores one', async () => {
    const abort = new AbortController()
    const saved: number[] = []
    const result = await train(
      options({
        signal: abort.signal,
        onStep: ({ step }) => {
          if (step === 4) abort.abort()
        },
        checkpoint: { every: 100, save: ({ step }) => void saved.push(step) },
      }),
    )
    expect([result.stopped, result.step, saved]).toEqual(['aborted', 4, [4]])
  })

  test('an abort from outside comes through, though every step computes on this thread', async () => {
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 1)
    const result = await train(options({ steps: 100_000, signal: abort.signal }))
    expect(result.stopped).toBe('aborted')
  })

  test('of another seed are refused', async () => {
    const checkpoints: Checkpoint[] = []
    await train(options({ steps: 1, checkpoint: { save: (checkpoint) => void checkpoints.push(checkpoint) } }))
    await expect(train(options({ resume: checkpoints[0], rng: new Rng(2) }))).rejects.toThrow(
      'cannot resume from step 1: the checkpoint was written by a run with another seed: a resumed run repeats the randomness of the one it continues; pass the same rng, or start a new run from the weights alone with restoreWeights(model, checkpoint)',
    )
  })
})

describe('evaluations', () => {
  /** Scores of the evaluations in turn; the steps at which they were asked for. */
  function scored(...scores: number[]) {
    const asked: number[] = []
    const score = async (step: number) => {
      asked.push(step)
      return scores[asked.length - 1]
    }
    return { asked, score }
  }

  test('come at their interval and after the last step; the best is stored with its weights', async () => {
    const { asked, score } = scored(0.2, 0.5, Number.NaN, 0.4)
    const stored: Checkpoint[] = []
    const weights: unknown[] = []
    const run = options({
      steps: 10,
      evaluation: { every: 3, score },
      checkpoint: { save: () => {}, saveBest: (checkpoint) => void stored.push(checkpoint) },
      onStep: async () => void weights.push(await weightsOf(run.model)),
    })
    const { best } = await train(run)
    expect(asked).toEqual([3, 6, 9, 10])
    expect(best).toEqual({ step: 6, score: 0.5 })
    expect(stored.map(({ step }) => step)).toEqual([3, 6])
    expect(stored[1].weights).toEqual(weights[5])
    expect(stored[1].evaluation).toEqual({ lastStep: 6, best: { step: 6, score: 0.5 }, sinceBest: 0 })
  })

  test('stop a run early when scores no longer rise, and a resumed one at once', async () => {
    const { asked, score } = scored(0.2, 0.5, 0.5, 0.505, 0.9)
    const stored: Checkpoint[] = []
    const evaluation = { every: 2, score, patience: 2, minimumGain: 0.01 }
    const checkpoint = { save: (one: Checkpoint) => void stored.push(one) }
    const result = await train(options({ evaluation, checkpoint }))
    expect(result).toMatchObject({ stopped: 'early', step: 8, best: { step: 4, score: 0.5 } })
    const again = await train(options({ evaluation, checkpoint, resume: throughJson(stored[0]) }))
    expect(again).toMatchObject({ stopped: 'early', step: 8, best: { step: 4, score: 0.5 } })
    expect(asked).toEqual([2, 4, 6, 8])
  })

  test('go on after an abort as if there had been none, also when it comes before the evaluation of its step', async () => {
    const whole = scored(0.1, 0.3, 0.2)
    const expected = await train(options({ steps: 6, evaluation: { every: 2, score: whole.score } }))
    for (const stop of [1, 2, 4, 5]) {
      const { asked, score } = scored(0.1, 0.3, 0.2)
      const abort = new AbortController()
      const stored: Checkpoint[] = []
      const checkpoint = { save: (one: Checkpoint) => void stored.push(one) }
      const evaluation = { every: 2, score }
      const onStep = ({ step }: StepEvent) => void (step === stop && abort.abort())
      await train(options({ steps: 6, evaluation, checkpoint, signal: abort.signal, onStep }))
      const resume = throughJson(stored[0])
      const result = await train(options({ steps: 6, evaluation, checkpoint, resume }))
      expect([asked, result]).toEqual([whole.asked, expected])
      expect(stored.at(-1)?.evaluation).toEqual({ lastStep: 6, best: { step: 4, score: 0.3 }, sinceBest: 1 })
    }
  })
})

describe('wrong use', () => {
  test('a loss that explodes is an error that says when and what to do', async () => {
    const solver = sgd({ learningRate: 1e30 })
    await expect(train(options({ solver }))).rejects.toThrow(
      /^step 2: the loss on example \d, example \d is Infinity \(learning rate 1e\+30; the step before had [\d.]+\): the loss must stay a finite number; lower the learning rate or set clipGradients, check inputs and labels for values out of range, and resume from the last checkpoint$/,
    )
  })

  test('a step whose loss is not finite leaves weights and momenta as they were, and no checkpoint', async () => {
    const abort = new AbortController()
    const healthy = options({ signal: abort.signal, onStep: ({ step }) => void (step === 3 && abort.abort()) })
    await train(healthy)
    const saved: number[] = []
    const good = batches(1)
    const data: BatchSource = {
      next: async (position, rng) => {
        const batch = await good.next(position, rng)
        if (position.step < 3) return batch
        const inputs = batch.inputs.map((image) => tf.mul(image, Number.NaN))
        tf.dispose([...batch.inputs])
        return { ...batch, ids: ['2008_000123'], inputs }
      },
    }
    const spoilt = options({ data, checkpoint: { every: 2, save: ({ step }) => void saved.push(step) } })
    await expect(train(spoilt)).rejects.toThrow(
      /^step 4: the loss on 2008_000123 is NaN \(learning rate [\d.]+; the step before had [\d.]+\): /,
    )
    expect(await weightsOf(spoilt.model)).toEqual(await weightsOf(healthy.model))
    expect(saved).toEqual([2])
  })

  test('weights that are not finite are not stored, though the loss was', async () => {
    const saved: number[] = []
    // The first step's loss is finite and its update is not.
    const solver = sgd({ learningRate: 1e39 })
    const save = ({ step }: Checkpoint) => void saved.push(step)
    await expect(train(options({ solver, checkpoint: { every: 1, save } }))).rejects.toThrow(
      /^step 1: weight "conv\/kernel" holds values that are not finite, though the loss was [\d.]+: a checkpoint holds finite numbers, so this one was not written; lower the learning rate or set clipGradients, and resume from the last checkpoint$/,
    )
    expect(saved).toEqual([])
  })

  test('counts that count nothing', async () => {
    await expect(train(options({ steps: 0 }))).rejects.toThrow(
      'train with steps 0: expected a whole number, at least 1; pass the steps in total, and leave checkpoint.every out for one checkpoint at the end',
    )
    await expect(train(options({ checkpoint: { every: 0.5, save: () => {} } }))).rejects.toThrow(
      'train with checkpoint.every 0.5: expected a whole number, at least 1; ',
    )
  })

  test('nothing to learn', async () => {
    const solver = sgd({ learningRate: 1, multipliers: () => ({ learningRate: 0 }) })
    await expect(train(options({ solver }))).rejects.toThrow(
      'model "tiny" has no weight to train: at least one weight must be trainable and have a learning rate multiplier other than 0; check its layers\' trainable flags and the solver\'s multipliers',
    )
  })

  test('a batch with the wrong number of inputs', async () => {
    const data: BatchSource = { next: async () => ({ inputs: [], targets: [tf.scalar(1)] }) }
    const model = sequential({ name: 'flat', layers: [layers.dense({ inputShape: [1], units: 1, name: 'line' })] })
    await expect(train(options({ model, data }))).rejects.toThrow(
      `step 1: the batch has 0 inputs: model "flat" takes 1: ${model.inputs[0].name}; put one tensor per input into batch.inputs, in that order, and everything else into batch.targets`,
    )
  })

  test('two weights of one name', async () => {
    const line = () => layers.dense({ name: 'line', inputShape: [1], units: 1 })
    const model = sequential({ layers: [sequential({ layers: [line()] }), line()] })
    await expect(train(options({ model }))).rejects.toThrow(
      'two weights are called "line/kernel": multipliers and checkpoints know weights by name; give their layers different names',
    )
  })
})

describe('memory', () => {
  /** Tensors after each of 40 steps; a straight line through them must be flat. */
  async function tensorsPerStep(loss: TrainOptions['loss']): Promise<number[]> {
    const counts: number[] = []
    await train(options({ steps: 40, loss, onStep: () => void counts.push(tf.memory().numTensors) }))
    return counts
  }

  test('does not grow with the number of steps', async () => {
    const counts = await tensorsPerStep(squaredError)
    expect(new Set(counts).size).toBe(1)
  })

  test('and the test would notice: one kept tensor per step shows', async () => {
    const kept: tf.Tensor[] = []
    const counts = await tensorsPerStep((outputs, targets) => {
      kept.push(tf.keep(tf.zeros([1])))
      return squaredError(outputs, targets)
    })
    expect(counts[39] - counts[0]).toBe(39)
    tf.dispose(kept)
  })

  test('is all given back at the end, also when the run fails', async () => {
    const good = options()
    const bad = options({ solver: sgd({ learningRate: 1e30 }) })
    const before = tf.memory().numTensors
    await train(good)
    await expect(train(bad)).rejects.toThrow()
    expect(tf.memory().numTensors).toBe(before)
  })
})
