import { PixelwiseError, type Rng } from '@pixelwise/masks/shared'

/** Says which example comes next. Its state is plain data, so that a resumed run goes on where it stopped. */
export interface Sampler {
  /** Index of the next example, 0..length−1. */
  next(): number
  /** The state as plain data. */
  save(): SamplerState
  /** Throws `training/bad-sampler-state` when the state is not one of this sampler's. */
  restore(state: SamplerState): void
}

/** How far a sampler is, as JSON. */
export interface SamplerState {
  /** Examples drawn in this pass over the data. */
  readonly position: number
  /** The generator's words: before the pass was shuffled, or before the next draw. */
  readonly rng: readonly [number, number, number, number] | null
}

/** Every example in order, over and over. */
export function sequentialSampler(length: number): Sampler {
  requireLength(length)
  let position = 0
  return {
    next: () => {
      const index = position
      position = (position + 1) % length
      return index
    },
    save: () => ({ position, rng: null }),
    restore: (state) => {
      requireState(state, length, false)
      position = state.position
    },
  }
}

/** Every example once per pass, in a new random order each pass. The sampler owns `rng` from here on. */
export function shuffledSampler(length: number, rng: Rng): Sampler {
  requireLength(length)
  let beforePass = rng.state
  let order = rng.shuffled(Array(length).keys())
  let position = 0
  const startPass = () => {
    beforePass = rng.state
    order = rng.shuffled(Array(length).keys())
    position = 0
  }
  return {
    next: () => {
      if (position === length) startPass()
      return order[position++]
    },
    save: () => ({ position, rng: beforePass }),
    restore: (state) => {
      rng.state = requireState(state, length + 1, true)
      startPass()
      position = state.position
    },
  }
}

/**
 * Every draw uniform over all examples, with replacement: stochastic gradient descent as its theory has it. Some
 * examples come twice before others come once. The sampler owns `rng` from here on.
 *
 * Source: Long 2016, §4.4, trains region nets this way.
 */
export function stochasticSampler(length: number, rng: Rng): Sampler {
  requireLength(length)
  return {
    next: () => rng.integer(length),
    save: () => ({ position: 0, rng: rng.state }),
    restore: (state) => {
      rng.state = requireState(state, length, true)
    },
  }
}

/**
 * Draws a class uniformly among those that occur, then one of the examples that hold it, with replacement: examples of
 * rare classes come as often as those of frequent ones. The sampler owns `rng` from here on.
 *
 * @param classesOf the classes that each example holds, e.g. those with at least one labelled pixel
 * Throws `training/no-examples`, and `training/no-classes` when no example holds any.
 */
export function classBalancedSampler(classesOf: readonly (readonly number[])[], rng: Rng): Sampler {
  requireLength(classesOf.length)
  const holders = new Map<number, number[]>()
  for (const [example, classes] of classesOf.entries()) {
    for (const label of new Set(classes)) {
      const known = holders.get(label)
      if (known === undefined) holders.set(label, [example])
      else known.push(example)
    }
  }
  const groups = [...holders.entries()].sort(([a], [b]) => a - b).map(([, examples]) => examples)
  if (groups.length === 0) {
    throw new PixelwiseError('training/no-classes', {
      what: `a class-balanced sampler over ${classesOf.length} examples that hold no class`,
      rule: 'at least one example must hold a class',
      next: 'check the labels of the data set, or take another sampler',
    })
  }
  return {
    next: () => rng.pick(rng.pick(groups)),
    save: () => ({ position: 0, rng: rng.state }),
    restore: (state) => {
      rng.state = requireState(state, classesOf.length, true)
    },
  }
}

function requireLength(length: number): void {
  if (Number.isInteger(length) && length >= 1) return
  throw new PixelwiseError('training/no-examples', {
    what: `a sampler over ${length} examples`,
    rule: 'there must be at least one example',
    next: 'check the folder and the split of the data set',
  })
}

function requireState(state: SamplerState, positions: number, withRng: boolean): [number, number, number, number] {
  const { position, rng } = state
  const words = rng ?? [0, 0, 0, 0]
  const fits = Number.isInteger(position) && position >= 0 && position < positions
  if (fits && words.length === 4 && words.every(Number.isInteger) && (rng !== null) === withRng) return [...words]
  throw new PixelwiseError('training/bad-sampler-state', {
    what: `sampler state ${JSON.stringify(state)}`,
    rule: `expected a position in 0..${positions - 1}${withRng ? ' and four words of a generator' : ' and no generator'}`,
    next: 'resume with the sampler and the number of examples that the checkpoint was written with',
  })
}
