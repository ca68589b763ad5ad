/**
 * Every run of the claims, as data: what differs from the plain one, and which run it goes on from.
 *
 * `plain` is an FCN-16s on SqueezeNet's ImageNet weights, trained on single whole images with the momentum of Long
 * 2016, §3.3.5. The finer nets go on from it at a tenth of its rate (published: at a hundredth, for many more steps).
 * All rates fall to a tenth after two thirds of the steps, but for runs that are `constant`.
 *
 * The rates are those of the lowest training loss among `explored`, on a seed that is not reported.
 */
export const settings = {
  height: 72,
  width: 96,
  pad: 18,
  momentum: 0.9,
  weightDecay: 5e-4,
  dropout: 0.5,
  rate: 5e-9,
  gamma: 0.1,
  steps: 210,
  upgradeSteps: 105,
  upgradeRate: 5e-10,
  sceneSteps: 280,
  sceneRate: 1.5e-8,
  seeds: [1, 2, 3],
}

/** Rates that were tried, on `exploredSeed`, before the seeds that are reported. */
export const explored = {
  plain: { steps: 360, rates: [1.5e-9, 5e-9, 1.5e-8, 5e-8] },
  both: { steps: 200, rates: [5e-9, 1.5e-8, 5e-8] },
}
export const exploredSeed = 0

const { steps, upgradeSteps, upgradeRate, sceneSteps, sceneRate } = settings
const later = { steps: upgradeSteps, rate: upgradeRate }
const onScenes = { data: 'scenes', steps: sceneSteps, rate: sceneRate }

/** Steps of a run at its full rate: after these it falls. */
export const stepsBeforeFall = (count) => Math.round((2 * count) / 3)
const atFullRate = stepsBeforeFall(steps)

export const variants = {
  plain: { title: 'FCN-16s, all layers, whole images', evaluateEvery: atFullRate },
  fixed: { title: 'fixed trunk: only the scorer learns', learns: (name) => name.startsWith('score') },
  'sum-8s': { title: 'FCN-8s: a skip, summed', from: 'plain', head: { stride: 8 }, ...later },
  'sum-4s': { title: 'FCN-4s: two skips, summed', from: 'sum-8s', head: { stride: 4, skipScales: [1, 0.1] }, ...later },
  'max-8s': {
    title: 'FCN-8s: a skip, the larger score',
    from: 'plain',
    head: { stride: 8, fusion: { kind: 'max' } },
    ...later,
  },
  'lower-rate': { title: 'no skip, only the lower rate', from: 'plain', ...later },
  'skip-alone': {
    title: 'fire8’s features alone, going on',
    from: 'plain',
    head: { stride: 8, coarsest: 8 },
    ...later,
  },
  'skip-anew': {
    title: 'fire8’s features alone, from ImageNet',
    head: { stride: 8, coarsest: 8 },
    steps: steps + upgradeSteps,
  },
  'half-sampled': {
    title: 'half of the patches, 2 images',
    sampling: 0.5,
    constant: true,
    steps: 105,
    evaluateEvery: 35,
  },
  'quarter-sampled': {
    title: 'a quarter of the patches, 4 images',
    sampling: 0.25,
    constant: true,
    steps: 54,
    evaluateEvery: 18,
  },
  mirrored: { title: 'mirrored at random', augment: 'mirror' },
  jittered: { title: 'mirrored and shifted by up to 16 pixels', augment: 'jitter' },
  balanced: { title: 'classes balanced by median frequency', balanced: true },
  semantic: { title: 'what it is, alone', targets: ['labels'], ...onScenes },
  geometric: { title: 'which shape, alone', targets: ['geometric'], ...onScenes },
  both: { title: 'both heads upon one trunk', targets: ['labels', 'geometric'], ...onScenes },
}

/** Runs whose steps are measured against each other. */
export const timed = ['plain', 'half-sampled', 'quarter-sampled', 'semantic', 'geometric', 'both']

/** A variant with everything that it leaves to the plain one. */
export function settled(name) {
  return {
    name,
    head: { stride: 16 },
    steps,
    rate: settings.rate,
    constant: false,
    sampling: 1,
    evaluateEvery: Number.POSITIVE_INFINITY,
    data: 'camvid',
    targets: ['labels'],
    ...variants[name],
  }
}
