import { doubledBiases, type SgdOptions } from '@pixelwise/training'

/** How one stage of DeconvNet is trained. */
export interface DeconvNetSchedule {
  /** `object`: a window about each object, alone in it; `proposals`: windows of a list, with all that they show. */
  readonly windows: 'object' | 'proposals'
  readonly steps: number
  readonly batchSize: number
  readonly solver: SgdOptions
}

const solver = { momentum: 0.9, weightDecay: 5e-4, iterSize: 8, multipliers: doubledBiases }

/**
 * The two stages: first easy examples, an object in the middle of each; then the windows met in use.
 *
 * A window is resized to 250×250, of which a random 224×224 is seen, mirrored or not; batch normalisation takes the
 * place of dropout. Source: Noh et al. 2015, §4.2, and the solvers of the published code.
 */
export const deconvNetSchedule: readonly DeconvNetSchedule[] = [
  {
    windows: 'object',
    steps: 20_000,
    batchSize: 8,
    solver: { ...solver, learningRate: { policy: 'step', base: 0.01, gamma: 0.1, stepSize: 9_000 } },
  },
  {
    windows: 'proposals',
    steps: 40_000,
    batchSize: 8,
    solver: { ...solver, learningRate: { policy: 'step', base: 0.01, gamma: 0.1, stepSize: 10_000 } },
  },
]
