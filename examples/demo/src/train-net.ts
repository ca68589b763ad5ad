import { vggSmall } from '@pixelwise/backbones'
import { type Backbone, type Engine, Rng } from '@pixelwise/core'
import { type Dataset, mirror } from '@pixelwise/datasets'
import { fcn8s, pixelBatch, pixelLoss } from '@pixelwise/fcn'
import { sampledBatches, sgd, shuffledSampler, type TrainResult, train } from '@pixelwise/training'
import { checkpointFolder, interruptSignal, progressBar } from '@pixelwise/training/node'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/** The net of the demo: FCN-8s on a small VGG, weights drawn from the seed. */
export function demoNet(classes: number, seed: number): { backbone: Backbone; model: LayersModel } {
  const backbone = vggSmall({ seed })
  return { backbone, model: fcn8s(backbone, { classes }) }
}

export interface DemoTraining {
  readonly result: TrainResult
  /** Loss of every step done in this run, and the step of the first. */
  readonly losses: readonly number[]
  readonly firstStep: number
  readonly seconds: number
}

/** Trains the net on whole images, mirrored at random, until `steps` are done or Ctrl-C is pressed. */
export async function trainDemo({
  engine,
  net: { backbone, model },
  data,
  steps,
  seed,
  checkpoints,
  resume,
}: {
  engine: Engine
  net: { backbone: Backbone; model: LayersModel }
  data: Dataset
  steps: number
  seed: number
  checkpoints: string
  resume: boolean
}): Promise<DemoTraining> {
  const rng = new Rng(seed)
  const folder = checkpointFolder(checkpoints)
  const progress = progressBar()
  const interrupt = interruptSignal()
  const losses: number[] = []
  let firstStep = 0
  const started = performance.now()
  try {
    const result = await train({
      engine,
      model,
      loss: pixelLoss({ ignoreLabel: data.classes.ignoreLabel }),
      data: sampledBatches({
        sampler: shuffledSampler(data.length, rng.split('order')),
        batchSize: 4,
        load: async (indices, draw) => {
          const examples = await Promise.all(indices.map((index) => data.at(index)))
          const turned = examples.map((example) => (draw.uniform() < 0.5 ? mirror(example) : example))
          return pixelBatch(turned, { preprocessing: backbone.preprocessing, classes: data.classes.names.length })
        },
      }),
      solver: sgd({
        learningRate: { policy: 'poly', base: 0.03, power: 0.9, maxSteps: steps },
        momentum: 0.9,
        weightDecay: 5e-4,
        multipliers: (name) => (name.endsWith('/bias') ? { learningRate: 2, decay: 0 } : {}),
      }),
      steps,
      rng,
      checkpoint: { every: 250, save: folder.save },
      resume: resume ? await folder.latest() : undefined,
      signal: interrupt.signal,
      onStep: (event) => {
        if (losses.length === 0) firstStep = event.step
        losses.push(event.loss)
        progress.step(event)
      },
    })
    return { result, losses, firstStep, seconds: (performance.now() - started) / 1000 }
  } finally {
    progress.end()
    interrupt.dispose()
  }
}
