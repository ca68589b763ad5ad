import { preprocess, Rng } from '@pixelwise/core'
import { inOrder, randomJitter, randomMirror } from '@pixelwise/datasets'
import { fcn, initialise, pixelBatch, pixelLoss } from '@pixelwise/fcn'
import { ConfusionMatrix } from '@pixelwise/metrics'
import { sampledBatches, sgd, stochasticSampler, train } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import { squeezenetTrunk } from '../shared/squeezenet-trunk.mjs'
import { settings, stepsBeforeFall } from './variants.mjs'

/** The net of a variant on SqueezeNet's ImageNet weights, its scorers at zero. */
export async function buildVariant({ head, targets }, data) {
  const backbone = await squeezenetTrunk({ pad: settings.pad, dropout: settings.dropout })
  const counts = targets.map((target) => [target, data.targets[target].names.length])
  const classes = counts.length === 1 ? counts[0][1] : Object.fromEntries(counts)
  return { model: fcn(backbone, { ...head, classes }), preprocessing: backbone.preprocessing }
}

/** Trains a variant, evaluating every so often. Returns the losses, the scores then, and the model. */
export async function trainVariant({ engine, variant, data, seed, coarser }) {
  const net = await buildVariant(variant, data)
  // Scorers that are new begin at zero.
  if (coarser !== undefined) initialise(net.model, coarser)
  const log = { losses: [], evaluations: [] }
  await train({
    engine,
    model: net.model,
    ...howToTrain({ variant, net, data, seed }),
    steps: variant.steps,
    rng: new Rng(seed).split('training'),
    onStep: async ({ step, steps, loss }) => {
      log.losses.push(loss)
      if (step % variant.evaluateEvery !== 0 && step !== steps) return
      log.evaluations.push({ step, ...(await evaluate({ engine, variant, net, data })) })
    },
  })
  return { log, model: net.model }
}

/** What `train` is told of a variant, beside for how long. */
export function howToTrain({ variant, net: { preprocessing }, data, seed }) {
  const { sampling, targets, head, rate, constant, steps, learns = () => true, balanced = false } = variant
  const { ignoreLabel } = data.targets[targets[0]]
  const augment = augmentation(variant.augment, ignoreLabel)
  return {
    data: sampledBatches({
      sampler: stochasticSampler(data.train.length, new Rng(seed).split('order')),
      batchSize: Math.round(1 / sampling),
      load: async (indices, draw) => {
        const examples = indices.map((index, i) => augment(data.train[index], draw.split(i)))
        const batches = targets.map((target) =>
          pixelBatch(
            examples.map((example) => ({ ...example, labels: example[target] })),
            { preprocessing, ignoreLabel },
          ),
        )
        tf.dispose(batches.slice(1).map(({ inputs }) => inputs))
        return { inputs: batches[0].inputs, targets: batches.flatMap((batch) => batch.targets) }
      },
    }),
    loss: pixelLoss({
      ignoreLabel,
      normalization: 'none',
      ...(sampling < 1 && { sampling: { keep: sampling, cell: head.stride } }),
      ...(balanced && { classWeights: medianFrequencyWeights(data) }),
    }),
    solver: sgd({
      learningRate: constant
        ? rate
        : { policy: 'step', base: rate, gamma: settings.gamma, stepSize: stepsBeforeFall(steps) },
      momentum: settings.momentum,
      weightDecay: settings.weightDecay,
      multipliers: (name) => {
        if (!learns(name)) return { learningRate: 0 }
        return name.endsWith('/bias') ? { learningRate: 2, decay: 0 } : {}
      },
    }),
  }
}

/** Mirroring, and shifts by up to the coarsest stride, as in Long 2016, §3.3.11. */
function augmentation(kind, ignoreLabel) {
  if (kind === undefined) return (example) => example
  if (kind === 'mirror') return randomMirror()
  return inOrder(randomMirror(), randomJitter(16, { ignoreLabel }))
}

/** The median of the classes' frequencies over each one's own: rare classes weigh more (Eigen and Fergus 2015). */
function medianFrequencyWeights({ targets, train: examples }) {
  const classes = targets.labels.names.length
  const pixels = new Float64Array(classes)
  const around = new Float64Array(classes)
  for (const { labels } of examples) {
    const counts = new Float64Array(classes)
    for (const label of labels.labels) if (label < classes) counts[label]++
    counts.forEach((count, label) => {
      pixels[label] += count
      if (count > 0) around[label] += labels.labels.length
    })
  }
  const frequencies = pixels.map((count, label) => count / around[label])
  const median = [...frequencies].sort((a, b) => a - b)[Math.floor(classes / 2)]
  return [...frequencies].map((frequency) => median / frequency)
}

/** The four scores of each target on val, at the size of training. */
async function evaluate({ engine, variant, net: { model, preprocessing }, data }) {
  const matrices = variant.targets.map((target) => {
    const { names, ignoreLabel } = data.targets[target]
    return new ConfusionMatrix({ classes: names, ignoreLabel })
  })
  const prepared = await engine.prepare(model)
  for (const example of data.val) {
    const image = preprocess(example.image, preprocessing)
    const outputs = await prepared.run([image])
    const { height, width } = example.image
    for (const [i, target] of variant.targets.entries()) {
      const labels = tf.tidy(() => tf.argMax(outputs[i], 3))
      matrices[i].add(example[target], { height, width, labels: Uint8Array.from(await labels.data()) }, example.id)
      labels.dispose()
    }
    tf.dispose([image, outputs])
  }
  prepared.dispose()
  return Object.fromEntries(variant.targets.map((target, i) => [target, matrices[i].scores()]))
}
