import type { Dataset } from '@pixelwise/datasets'
import { type Recipe, recipeBatch } from '@pixelwise/fcn'
import type { Rng } from '@pixelwise/masks/shared'
import {
  type BatchSource,
  classBalancedSampler,
  type Sampler,
  sampledBatches,
  sequentialSampler,
  shuffledSampler,
  stochasticSampler,
} from '@pixelwise/training'
import { augmentationOf } from './augment.js'
import type { SamplerName } from './train-config.js'

/** Batches of a data set as a recipe wants them: sampled, augmented, prepared; each knows its examples by id. */
export async function batchesOf(
  data: Dataset,
  recipe: Recipe,
  samplerName: SamplerName,
  rng: Rng,
  onProgress: (done: number, total: number) => void,
): Promise<BatchSource> {
  const augment = augmentationOf(recipe.data.augmentation, recipe.loss.ignoreLabel)
  return sampledBatches({
    sampler: await samplerOf(samplerName, data, rng.split('order'), onProgress),
    batchSize: recipe.data.batchSize,
    load: async (indices, draw) => {
      const samples = await Promise.all(indices.map((index) => data.at(index)))
      const examples = samples.map((sample) => augment(sample, draw))
      return { ...recipeBatch(examples, recipe), ids: examples.map(({ id }) => id) }
    },
  })
}

async function samplerOf(
  name: SamplerName,
  data: Dataset,
  rng: Rng,
  onProgress: (done: number, total: number) => void,
): Promise<Sampler> {
  if (name === 'sequential') return sequentialSampler(data.length)
  if (name === 'shuffled') return shuffledSampler(data.length, rng)
  if (name === 'stochastic') return stochasticSampler(data.length, rng)
  const classesOf: number[][] = []
  for (let i = 0; i < data.length; i++) {
    const { labels } = await data.at(i)
    const held = new Set<number>(labels?.labels ?? [])
    classesOf.push(data.classes.names.flatMap((_, label) => (held.has(label) ? [label] : [])))
    onProgress(i + 1, data.length)
  }
  return classBalancedSampler(classesOf, rng)
}
