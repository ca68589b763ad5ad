import { createHash } from 'node:crypto'
import { open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Of a file of gigabytes, so many blocks spread over it are looked at: a full reading would take as long as what it saves. */
const blocks = 64
const blockSize = 4096

const sealName = 'seal.json'

/** Writes down what the files of a folder are, as the last of them. */
export async function seal(folder: string): Promise<void> {
  const names = await readdir(folder)
  const prints = await Promise.all(names.map(async (name) => [name, await fingerprint(join(folder, name))]))
  await writeFile(join(folder, sealName), JSON.stringify(Object.fromEntries(prints)))
}

/** Whether a folder was sealed, and its files are what they were then: their sizes, and the blocks looked at. */
export async function isIntact(folder: string): Promise<boolean> {
  try {
    const prints: unknown = JSON.parse(await readFile(join(folder, sealName), 'utf8'))
    if (typeof prints !== 'object' || prints === null || !('model.onnx' in prints)) return false
    for (const [name, print] of Object.entries(prints)) {
      if ((await fingerprint(join(folder, name))) !== print) return false
    }
    return true
  } catch {
    return false
  }
}

export async function markUsed(folder: string): Promise<void> {
  const now = new Date()
  await utimes(join(folder, sealName), now, now).catch(() => {}) // a folder that may not be written is as good
}

/** Left behind by a process that was killed while writing. */
const abandonedAfter = 60 * 60 * 1000

/** Deletes the folders used longest ago until the rest has at most so many bytes, and what was never finished. */
export async function prune(folder: string, largest: number, keep: string): Promise<void> {
  const entries = await Promise.all((await readdir(folder)).map((name) => entryOf(join(folder, name))))
  let total = 0
  for (const { path, bytes, used, unfinished } of entries.sort((a, b) => b.used - a.used)) {
    if (unfinished) {
      if (Date.now() - used > abandonedAfter) await remove(path)
      continue
    }
    total += bytes
    if (total > largest && path !== keep) await remove(path)
  }
}

interface Entry {
  readonly path: string
  readonly bytes: number
  readonly used: number
  readonly unfinished: boolean
}

async function entryOf(path: string): Promise<Entry> {
  try {
    const names = await readdir(path)
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name))).size))
    const isSealed = names.includes(sealName)
    const { mtimeMs } = await stat(isSealed ? join(path, sealName) : path)
    return { path, bytes: sizes.reduce((sum, size) => sum + size, 0), used: mtimeMs, unfinished: !isSealed }
  } catch {
    return { path, bytes: 0, used: Date.now(), unfinished: true } // not a folder, or gone
  }
}

/** On systems that keep files in use from being deleted they stay until next time. */
async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {})
}

async function fingerprint(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const hash = createHash('sha256').update(`${size}`)
    const block = new Uint8Array(blockSize)
    const last = Math.max(0, size - blockSize)
    for (const at of new Set(Array.from({ length: blocks }, (_, i) => Math.round((last * i) / (blocks - 1))))) {
      const { bytesRead } = await file.read(block, 0, blockSize, at)
      hash.update(block.subarray(0, bytesRead))
    }
    return hash.digest('hex')
  } finally {
    await file.close()
  }
}
