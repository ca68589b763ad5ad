import type { Engine, PreparedModel } from '@pixelwise/core'
import type { Dataset, Sample } from '@pixelwise/datasets'
import { type Recipe, recipeBatch } from '@pixelwise/fcn'
import type { LabelMap } from '@pixelwise/masks'
import { ConfusionMatrix } from '@pixelwise/metrics'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/** Called with each example and its predicted labels (of the first head), until it has what it wants. */
export type OnPrediction = (sample: Sample, prediction: LabelMap, index: number) => void | Promise<void>

/** Labels held-out images and counts them against the truth; the first head counts where there are several. */
export async function scoreNet(
  engine: Engine,
  model: LayersModel,
  data: Dataset,
  recipe: Recipe,
  options: {
    readonly images?: number
    readonly onPrediction?: OnPrediction
    readonly onProgress?: (done: number, total: number) => void
  } = {},
): Promise<ConfusionMatrix> {
  const { names, ignoreLabel = null } = data.classes
  const matrix = new ConfusionMatrix({ classes: names, ignoreLabel })
  const count = Math.min(options.images ?? data.length, data.length)
  const prepared = await engine.prepare(model)
  try {
    for (let i = 0; i < count; i++) {
      const sample = await data.at(i)
      if (sample.labels === undefined) continue
      const prediction = await labelSample(prepared, sample, recipe)
      matrix.add(sample.labels, prediction, sample.id)
      await options.onPrediction?.(sample, prediction, i)
      options.onProgress?.(i + 1, count)
    }
  } finally {
    prepared.dispose()
  }
  return matrix
}

async function labelSample(prepared: PreparedModel, sample: Sample, recipe: Recipe): Promise<LabelMap> {
  const { inputs, targets } = recipeBatch([sample], recipe)
  let outputs: tf.Tensor[] = []
  let best: tf.Tensor | undefined
  try {
    outputs = await prepared.run(inputs)
    best = tf.argMax(outputs[0], 3)
    const labels = Int32Array.from(await best.data())
    return { height: sample.image.height, width: sample.image.width, labels }
  } finally {
    tf.dispose([...inputs, ...targets, ...outputs, ...(best === undefined ? [] : [best])])
  }
}
