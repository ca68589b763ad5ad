import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type PreparedModel, type Preprocessing, predictLabels } from '@pixelwise/core'
import { type Dataset, encodeLabels, encodePng } from '@pixelwise/datasets'
import type { LabelMap } from '@pixelwise/masks'
import { ConfusionMatrix } from '@pixelwise/metrics'
import { colourize, overlay } from '@pixelwise/visuals'
import type { Baseline } from './baselines.js'

export interface Evaluation {
  readonly net: ConfusionMatrix
  readonly baselines: readonly { readonly name: string; readonly confusion: ConfusionMatrix }[]
  /** Pictures of the first scenes, as PNG files. */
  readonly examples: readonly {
    readonly name: string
    readonly image: Uint8Array
    readonly truth: Uint8Array
    readonly prediction: Uint8Array
  }[]
}

/** Labels every unseen scene, scores net and baselines, and writes label maps and overlays. */
export async function evaluate({
  model,
  preprocessing,
  data,
  baselines,
  out,
}: {
  model: PreparedModel
  preprocessing: Preprocessing
  data: Dataset
  baselines: readonly Baseline[]
  out: string
}): Promise<Evaluation> {
  const { names, palette, ignoreLabel = null } = data.classes
  const matrix = () => new ConfusionMatrix({ classes: names, ignoreLabel })
  const net = matrix()
  const compared = baselines.map((baseline) => ({ baseline, confusion: matrix() }))
  const examples: Evaluation['examples'][number][] = []
  const [labelFolder, overlayFolder] = [join(out, 'labels'), join(out, 'overlays')]
  for (const folder of [labelFolder, overlayFolder]) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
  }

  for (let i = 0; i < data.length; i++) {
    const { id, image, labels: truth } = await data.at(i)
    if (truth === undefined) continue
    const [prediction] = await predictLabels(model, [image], { preprocessing })
    net.add(truth, prediction, id)
    for (const { baseline, confusion } of compared) confusion.add(truth, baseline.predict(image), id)
    const shown = encodePng(overlay(image, prediction, { palette }))
    await writeFile(join(labelFolder, `${id}.png`), encodeLabels(prediction, palette))
    await writeFile(join(overlayFolder, `${id}.png`), shown)
    if (examples.length < 8) {
      const picture = (labels: LabelMap) => encodePng(colourize(labels, palette))
      examples.push({ name: id, image: encodePng(image), truth: picture(truth), prediction: picture(prediction) })
    }
  }
  const named = compared.map(({ baseline, confusion }) => ({ name: baseline.name, confusion }))
  return { net, baselines: named, examples }
}
