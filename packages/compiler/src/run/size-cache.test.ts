import { expect, test } from 'vitest'
import { SizeCache } from './size-cache.js'

/** Compiles sizes by name and notes what is compiled and freed. */
function recorder() {
  const log: string[] = []
  let made = 0
  const compile = (size: string) => async () => {
    const name = `${size}${++made}`
    log.push(`+${name}`)
    return { name, dispose: async () => void log.push(`-${name}`) }
  }
  return { log, compile }
}

test('keeps the latest sizes', async () => {
  const { log, compile } = recorder()
  const cache = new SizeCache<{ name: string; dispose(): Promise<void> }>(2)
  const run = (size: string) => cache.use(size, compile(size), async ({ name }) => name)
  expect([await run('a'), await run('b'), await run('a'), await run('c'), await run('a')]).toEqual([
    'a1',
    'b2',
    'a1',
    'c3',
    'a1',
  ])
  expect(log).toEqual(['+a1', '+b2', '+c3', '-b2'])
  cache.dispose()
  await Promise.resolve()
  expect(log.slice(4).sort()).toEqual(['-a1', '-c3'])
})

test('frees a size once, when the last run on it is done', async () => {
  const { log, compile } = recorder()
  const cache = new SizeCache<{ dispose(): Promise<void> }>(1)
  let finish = () => {}
  const running = cache.use('a', compile('a'), () => new Promise<true>((resolve) => (finish = () => resolve(true))))
  await cache.use('b', compile('b'), async () => true)
  cache.dispose()
  await Promise.resolve()
  expect(log).toEqual(['+a1', '+b2', '-b2'])
  finish()
  await running
  await Promise.resolve()
  expect(log).toEqual(['+a1', '+b2', '-b2', '-a1'])
})

test('compiles anew what is outdated, and after an error', async () => {
  const { log, compile } = recorder()
  const cache = new SizeCache<{ name: string; dispose(): Promise<void> }>(1)
  const whenFresh = async ({ name }: { name: string }) => (name === 'a1' ? undefined : name)
  expect(await cache.use('a', compile('a'), whenFresh)).toBe('a2')
  const broken = async () => {
    throw new Error('broken')
  }
  await expect(cache.use('a', compile('a'), broken)).rejects.toThrow('broken')
  await expect(cache.use('a', broken, whenFresh)).rejects.toThrow('broken')
  expect(await cache.use('a', compile('a'), whenFresh)).toBe('a3')
  expect(log).toEqual(['+a1', '+a2', '-a1', '-a2', '+a3'])
})
