import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Checkpoint } from '../checkpoint.js'
import { readCheckpoint, writeCheckpoint } from './checkpoint-files.js'
import { clearLeftovers } from './replace-folder.js'

/**
 * The checkpoints of one run on disk, one folder per step (`step-000200`) with `checkpoint.json` and `values.bin`.
 *
 * A process that is killed while it writes leaves the earlier checkpoints as they were; what it had begun is cleared up
 * by the next one that uses the folder.
 *
 * @example
 * const folder = checkpointFolder('runs/fcn32s')
 * await train({ …, checkpoint: { every: 200, save: folder.save }, resume: await folder.latest() })
 */
export function checkpointFolder(path: string, { keep = 2 }: { readonly keep?: number } = {}): CheckpointFolder {
  let cleared: Promise<void> | undefined
  const clear = () => {
    cleared ??= clearLeftovers(path)
    return cleared
  }
  const steps = async () => {
    await clear()
    const names = await readdir(path).catch(() => [])
    return names
      .flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
  }
  const folderOf = (step: number) => join(path, `step-${String(step).padStart(6, '0')}`)
  return {
    steps,
    load: (step) => readCheckpoint(folderOf(step)),
    latest: async () => {
      const last = (await steps()).at(-1)
      return last === undefined ? undefined : readCheckpoint(folderOf(last))
    },
    save: async (checkpoint) => {
      await clear()
      await writeCheckpoint(folderOf(checkpoint.step), checkpoint)
      const older = (await steps()).filter((step) => step <= checkpoint.step)
      for (const step of older.slice(0, -keep)) await rm(folderOf(step), { recursive: true })
    },
  }
}

/** Checkpoints on disk. */
export interface CheckpointFolder {
  /** Stores a checkpoint under its step and removes all but the newest `keep` (default 2) up to it. */
  save(checkpoint: Checkpoint): Promise<void>
  /** The checkpoint of the highest step, or undefined when there is none yet. */
  latest(): Promise<Checkpoint | undefined>
  /** Reads the checkpoint of a step, every tensor held against its checksum. */
  load(step: number): Promise<Checkpoint>
  /** Steps that have a checkpoint, ascending. */
  steps(): Promise<number[]>
}
