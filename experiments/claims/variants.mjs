/**
 * Every run of the claims, as data: what differs from the plain one, and which run it goes on from.
 *
 * `plain` is an FCN-16s on SqueezeNet's ImageNet weights, trained on single whole images with the momentum of Long
 * 2016, §3.3.5. The finer nets go on from it at a tenth of its rate (published: at a hundredth, for many more steps).
 */
export const settings = {
  height: 72,
  width: 96,
  pad: 18,
  momentum: 0.9,
  weightDecay: 5e-4,
  dropout: 0.5,
  rate: 1.5e-8,
  steps: 150,
  upgradeSteps: 75,
  upgradeRate: 1.5e-9,
  seeds: [1, 2, 3],
}

const { steps, rate, upgradeSteps, upgradeRate } = settings
const later = { steps: upgradeSteps, rate: upgradeRate }

export const variants = {
  plain: { title: 'FCN-16s, all layers, whole images' },
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
    title: 'only the skip’s features (fire8)',
    head: { stride: 8, coarsest: 8 },
    steps: steps + upgradeSteps,
  },
  'half-sampled': { title: 'half of the patches, 2 images', sampling: 0.5, evaluateEvery: steps / 2 },
  'quarter-sampled': {
    title: 'a quarter of the patches, 4 images',
    sampling: 0.25,
    steps: Math.round(steps / 2),
    evaluateEvery: Math.round(steps / 4),
  },
  mirrored: { title: 'mirrored at random', augment: 'mirror' },
  jittered: { title: 'mirrored and shifted by up to 16 pixels', augment: 'jitter' },
  balanced: { title: 'classes balanced by median frequency', balanced: true },
  semantic: { title: 'what it is, alone', data: 'scenes', steps: 100, targets: ['labels'] },
  geometric: { title: 'which shape, alone', data: 'scenes', steps: 100, targets: ['geometric'] },
  both: { title: 'both heads upon one trunk', data: 'scenes', steps: 100, targets: ['labels', 'geometric'] },
}

/** Runs whose steps are measured against each other. */
export const timed = ['plain', 'half-sampled', 'quarter-sampled', 'semantic', 'geometric', 'both']

/** A variant with everything that it leaves to the plain one. */
export function settled(name) {
  return {
    name,
    head: { stride: 16 },
    steps,
    rate,
    sampling: 1,
    evaluateEvery: Number.POSITIVE_INFINITY,
    data: 'camvid',
    targets: ['labels'],
    ...variants[name],
  }
}
