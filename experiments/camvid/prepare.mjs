import { join } from 'node:path'
import { Rng } from '@pixelwise/core'
import { encodeNpy } from '@pixelwise/datasets'
import { stochasticSampler } from '@pixelwise/training'
import { camvidAt } from '../shared/camvid.mjs'
import { writeJson, writeWhole } from '../shared/files.mjs'
import { buildNet, headGeometry, weightsFile } from './net.mjs'

/**
 * Fixes everything that both frameworks are to share, and writes it where Python reads it: the reduced images, the first
 * weights, where the heads crop, and which image each step takes (drawn with replacement, as the published solvers do). Each seed has its
 * own folder.
 */
export async function prepare(config, seed, out) {
  const data = await camvidAt({ ...config, folder: out })
  const folder = join(out, `seed-${seed}`)
  const classes = data.classes.names.length
  const stages = []
  for (const stage of config.stages) {
    const { model, preprocessing } = await buildNet(config, { ...stage, classes })
    if (stages.length === 0) await writeWhole(join(folder, 'start.npz'), weightsFile(model))
    const sampler = stochasticSampler(data.train.length, new Rng(seed).split(`order ${stage.stride}`))
    const order = Int32Array.from({ length: stage.steps }, () => sampler.next())
    await writeWhole(join(folder, `order-${stage.stride}s.npy`), encodeNpy({ shape: [order.length], data: order }))
    stages.push({ ...stage, order, head: headGeometry(model), preprocessing })
    model.dispose()
  }
  const plain = stages.map(({ order, preprocessing, ...stage }) => stage)
  const { mean } = stages[0].preprocessing
  await writeJson(join(folder, 'shared.json'), {
    ...config,
    seed,
    classes,
    ignoreLabel: data.classes.ignoreLabel,
    meanBgr: mean,
    data: data.file,
    stages: plain,
  })
  return { data, stages, folder }
}
