import type { EvaluationState } from './checkpoint.js'
import type { EvaluationPolicy } from './train-options.js'

/** Keeps the best score of a run and says when the next evaluation is due and when scores have stopped to rise. */
export class Evaluations {
  readonly #policy: EvaluationPolicy | undefined
  #state: EvaluationState

  constructor(policy: EvaluationPolicy | undefined, state: EvaluationState | undefined) {
    this.#policy = policy
    this.#state = state ?? { lastStep: 0, best: null, sinceBest: 0 }
  }

  get state(): EvaluationState {
    return this.#state
  }

  /** True when patience is at its end. */
  get exhausted(): boolean {
    return this.#state.sinceBest >= (this.#policy?.patience ?? Number.POSITIVE_INFINITY)
  }

  isDue(step: number, steps: number): boolean {
    if (this.#policy === undefined || step === 0 || step === this.#state.lastStep) return false
    return step % this.#policy.every === 0 || step === steps
  }

  /** Scores the net; true when it is better than ever. */
  async run(step: number): Promise<boolean> {
    const score = (await this.#policy?.score(step)) ?? Number.NaN
    const { best, sinceBest } = this.#state
    const isBetter = Number.isFinite(score) && (best === null || score > best.score + (this.#policy?.minimumGain ?? 0))
    this.#state = isBetter
      ? { lastStep: step, best: { step, score }, sinceBest: 0 }
      : { lastStep: step, best, sinceBest: sinceBest + 1 }
    return isBetter
  }
}
