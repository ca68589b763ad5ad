/**
 * Every run of the claims, as data: what differs from the plain one, and which run it goes on from.
 *
 * `plain` is an FCN-16s on SqueezeNet's ImageNet weights, trained on whole images with the published heavy settings. The
 * finer nets go on from it at a tenth of its rate, as the published ones did (there at a hundredth and less, for many more steps).
 */
export const settings = {
  height: 90,
  width: 120,
  pad: 18,
  momentum: 0.99,
  weightDecay: 5e-4,
  dropout: 0.5,
  rate: 4e-9,
  steps: 300,
  upgradeSteps: 150,
  upgradeRate: 4e-10,
  evaluateEvery: 100,
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
  'half-sampled': { title: 'half of the patches, 2 images', sampling: 0.5 },
  'quarter-sampled': { title: 'a quarter of the patches, 4 images', sampling: 0.25, steps: steps / 2 },
  mirrored: { title: 'mirrored at random', augment: 'mirror' },
  jittered: { title: 'mirrored and shifted by up to 16 pixels', augment: 'jitter' },
  balanced: { title: 'classes balanced by median frequency', balanced: true },
  semantic: { title: 'what it is, alone', data: 'scenes', steps: 200, targets: ['labels'] },
  geometric: { title: 'which shape, alone', data: 'scenes', steps: 200, targets: ['geometric'] },
  both: { title: 'both heads upon one trunk', data: 'scenes', steps: 200, targets: ['labels', 'geometric'] },
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
    data: 'camvid',
    targets: ['labels'],
    ...variants[name],
  }
}
