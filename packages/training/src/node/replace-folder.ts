import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Where a folder is written before it takes its place (`writing`), and where the one it replaces waits (`old`). */
export function asideFolder(folder: string, kind: 'writing' | 'old'): string {
  return join(dirname(folder), `.${basename(folder)}.${kind}-${process.pid}`)
}

/** Renames a folder into its place. Between the two renames an earlier folder lies under its `old` name. */
export async function replaceFolder(from: string, to: string): Promise<void> {
  const old = asideFolder(to, 'old')
  await rm(old, { recursive: true, force: true })
  const existed = await exists(to)
  if (existed) await rename(to, old)
  try {
    await rename(from, to)
  } catch (error) {
    if (existed) await rename(old, to)
    throw error
  }
  if (existed) await rm(old, { recursive: true, force: true })
}

/**
 * Clears up what processes that no longer run left behind in a folder of folders: half-written ones go, and a replaced
 * one comes back where nothing took its place.
 */
export async function clearLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const [, target, kind, owner] = /^\.(.+)\.(writing|old)-(\d+)$/.exec(name) ?? []
    if (target === undefined || isRunning(Number(owner))) continue
    const isOnlyCopy = kind === 'old' && !(await exists(join(parent, target)))
    if (isOnlyCopy) await rename(join(parent, name), join(parent, target))
    else await rm(join(parent, name), { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Process ids are given again: what bears our own was left by an earlier process of that id. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
