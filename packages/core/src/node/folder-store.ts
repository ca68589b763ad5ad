import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { type ModelStore, missingFile } from '../model/model-store.js'

/** A folder on disk; files are read in pieces of 4 MiB, so that they may be of any size, and reach the disk on writing. */
export function folderStore(folder: string): ModelStore {
  return {
    location: folder,
    async *read(name) {
      const file = await open(join(folder, name), 'r').catch((cause: NodeJS.ErrnoException) => {
        throw missingFile(folder, name, cause.code === 'ENOENT' ? 'no such file' : cause.message, cause)
      })
      try {
        const buffer = new Uint8Array(pieceBytes)
        for (;;) {
          const { bytesRead } = await file.read(buffer, 0, buffer.length)
          if (bytesRead === 0) return
          yield buffer.subarray(0, bytesRead)
        }
      } finally {
        await file.close()
      }
    },
    async write(name, bytes) {
      await mkdir(folder, { recursive: true })
      const file = await open(join(folder, name), 'w')
      try {
        for (let written = 0; written < bytes.length; ) {
          written += (await file.write(bytes, written, bytes.length - written)).bytesWritten
        }
        await file.sync()
      } finally {
        await file.close()
      }
    },
  }
}

const pieceBytes = 4 * 2 ** 20
