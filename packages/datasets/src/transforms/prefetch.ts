import type { Dataset, Sample } from '../dataset.js'

/** How far a prefetch runs ahead. */
export interface PrefetchOptions {
  /** Examples being read while the consumer works; default 8: files are read while others are decoded. */
  readonly ahead?: number
}

/**
 * Reads examples in an order that is given, some of them ahead, and yields them in that order.
 *
 * The order may be endless: it is asked only for what is read. Decoding runs on the platform's threads where the codec
 * has them (sharp), so reading ahead keeps them busy while the consumer computes. An error is thrown at its place in
 * the order; leaving the loop stops reading.
 *
 * @example
 * for await (const sample of prefetch(voc, rng.shuffled(voc.ids.keys()))) …
 */
export async function* prefetch<S extends Sample>(
  dataset: Dataset<S>,
  order: Iterable<number>,
  { ahead = 8 }: PrefetchOptions = {},
): AsyncGenerator<S, void, undefined> {
  const indices = order[Symbol.iterator]()
  const pending: Promise<S>[] = []
  const readNext = () => {
    const next = indices.next()
    if (next.done) return
    const sample = dataset.at(next.value)
    // The rejection is thrown when its turn comes; until then it must not count as unhandled.
    sample.catch(() => undefined)
    pending.push(sample)
  }
  try {
    for (let i = 0; i < Math.max(1, ahead); i++) readNext()
    for (let sample = pending.shift(); sample !== undefined; sample = pending.shift()) {
      const ready = await sample
      readNext()
      yield ready
    }
  } finally {
    indices.return?.()
  }
}
