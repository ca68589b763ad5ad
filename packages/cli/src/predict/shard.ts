import { InvalidArgumentError } from 'commander'

/** One of several machines that share the work. */
export interface Shard {
  /** 1-based. */
  readonly index: number
  readonly count: number
}

/** `2/4` is the second of four. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (Number(index) >= 1 && Number(index) <= Number(count)) return { index: Number(index), count: Number(count) }
  throw new InvalidArgumentError('It has the form I/N, from 1/N to N/N.')
}

/** Every n-th item, so that machines get equal shares of any order. */
export function shardOf<T>(items: readonly T[], shard: Shard | undefined): T[] {
  return items.filter((_, i) => shard === undefined || i % shard.count === shard.index - 1)
}
