import { join } from 'node:path'
import { predictLabels, Rng } from '@pixelwise/core'
import { pixelBatch, pixelLoss } from '@pixelwise/fcn'
import { ConfusionMatrix } from '@pixelwise/metrics'
import { sgd, train } from '@pixelwise/training'
import { checkpointFolder, progressBar } from '@pixelwise/training/node'
import { readJson, writeJson } from '../shared/files.mjs'

/**
 * Trains one stage as published: one whole image a step, momentum 0.99, the loss summed over pixels, doubled rate and no
 * decay for biases; the rate falls by Caffe's policy "step". Killed and started again, it goes on from its last checkpoint.
 *
 * Without a folder nothing is stored or evaluated. Returns the losses of all steps, the seconds they took (without evaluations) and the scores on val.
 */
export async function trainStage({ engine, net: { model, preprocessing }, stage, config, data, seed, folder }) {
  const { train: examples, classes } = data
  const { log, resume, checkpoint } = folder === undefined ? { log: emptyLog() } : await openRun(folder, config)
  const progress = progressBar()
  await train({
    engine,
    model,
    resume,
    steps: stage.order.length,
    rng: new Rng(seed).split(`stage ${stage.stride}`),
    data: {
      next: async ({ step }) =>
        pixelBatch([examples[stage.order[step]]], { preprocessing, ignoreLabel: classes.ignoreLabel }),
    },
    loss: pixelLoss({ ignoreLabel: classes.ignoreLabel, normalization: 'none' }),
    solver: sgd({
      learningRate: { policy: 'step', base: stage.learningRate, gamma: config.gamma, stepSize: stage.stepSize },
      momentum: config.momentum,
      weightDecay: config.weightDecay,
      multipliers: (name) => (name.endsWith('/bias') ? { learningRate: 2, decay: 0 } : {}),
    }),
    checkpoint,
    onStep: async (event) => {
      log.losses.push(event.loss)
      log.seconds.push((event.milliseconds + event.dataMilliseconds) / 1000)
      progress.step(event)
      if (folder === undefined || (event.step % config.evaluateEvery !== 0 && event.step !== event.steps)) return
      const { confusion } = await evaluate({ engine, net: { model, preprocessing }, data })
      log.evaluations.push({ step: event.step, ...confusion.scores() })
    },
  })
  progress.end()
  return log
}

/** Labels all images of val at the size of training, and compares. */
export async function evaluate({ engine, net: { model, preprocessing }, data }) {
  const { names, ignoreLabel } = data.classes
  const confusion = new ConfusionMatrix({ classes: names, ignoreLabel })
  const prepared = await engine.prepare(model)
  const images = data.val.map(({ image }) => image)
  const labels = await predictLabels(prepared, images, { preprocessing })
  prepared.dispose()
  for (const [i, { labels: truth, id }] of data.val.entries()) confusion.add(truth, labels[i], id)
  return { confusion, labels }
}

/** Where a run stands, and how it stores its state: the log first, which may be ahead of the checkpoint but not behind. */
async function openRun(folder, { evaluateEvery }) {
  const checkpoints = checkpointFolder(folder, { keep: 1 })
  const logFile = join(folder, 'log.json')
  const resume = await checkpoints.latest()
  const log = resume === undefined ? emptyLog() : upTo(await readJson(logFile), resume.step)
  const save = async (state) => {
    await writeJson(logFile, log)
    await checkpoints.save(state)
  }
  return { log, resume, checkpoint: { every: evaluateEvery, save } }
}

const emptyLog = () => ({ losses: [], seconds: [], evaluations: [] })

/** What a log held when the checkpoint of a step was written. */
function upTo({ losses, seconds, evaluations }, step) {
  return {
    losses: losses.slice(0, step),
    seconds: seconds.slice(0, step),
    evaluations: evaluations.filter((one) => one.step <= step),
  }
}
