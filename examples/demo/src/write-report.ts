import { rename, writeFile } from 'node:fs/promises'
import { arch, cpus, platform } from 'node:os'
import { join } from 'node:path'
import type { BackendReport } from '@pixelwise/core'
import type { ClassList } from '@pixelwise/datasets'
import { ignoreColourOf, legendEntries, trainingReport } from '@pixelwise/visuals'
import { version_core as tfjsVersion } from '@tensorflow/tfjs-core'
import type { Evaluation } from './evaluate.js'
import type { DemoOptions } from './options.js'
import type { DemoTraining } from './train-net.js'

/** Mean IU on unseen scenes that the demo's own settings must reach. */
export const targetMeanIU = 0.6

/** Writes the self-contained HTML report and returns its path. */
export async function writeReport({
  options,
  backend,
  classes,
  parameters,
  training,
  evaluation,
}: {
  options: DemoOptions
  backend: BackendReport
  classes: ClassList
  parameters: number
  training: DemoTraining
  evaluation: Evaluation
}): Promise<string> {
  const { net, baselines, examples } = evaluation
  const html = trainingReport({
    title: 'FCN-8s learns to label every pixel',
    summary:
      `A fully convolutional network, trained from scratch for ${minutes(training.seconds)} on ` +
      `${options.trainImages} synthetic scenes, labels ${options.testImages} scenes it has never seen.`,
    classes: legendEntries(classes.names, classes.palette),
    scores: net.scores(),
    classIU: net.classIU(),
    confusion: net.counts,
    ignoreColour: ignoreColourOf(classes.palette),
    loss: { steps: training.losses.map((_, i) => training.firstStep + i), values: training.losses },
    target: targetMeanIU,
    baselines: baselines.map(({ name, confusion }) => ({ name, meanIU: confusion.scores().meanIU })),
    examples,
    facts: [
      ['command', `npm run demo -- --seed ${options.seed} --steps ${options.steps} --train ${options.trainImages}`],
      ['net', `FCN-8s on vgg-small, ${parameters.toLocaleString('en')} weights`],
      ['training', `${training.result.step} steps of 4 images, SGD with momentum 0.9, learning rate 0.03 falling to 0`],
      ['training time', minutes(training.seconds)],
      ['engine', options.engine === 'compiled' ? 'compiled, on ONNX Runtime' : 'eager'],
      ['backend', `${backend.chosen}${backend.threads === undefined ? '' : `, ${backend.threads} threads`}`],
      ['machine', `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'processor'}, ${platform()} ${arch()}`],
      ['versions', `Node ${process.versions.node}, TensorFlow.js ${tfjsVersion}`],
    ],
  })
  const path = join(options.out, 'report.html')
  await writeFile(`${path}.partial`, html)
  await rename(`${path}.partial`, path)
  return path
}

function minutes(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
