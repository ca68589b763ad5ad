import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { ByteSource } from '../byte-source.js'

/** An open file that is read piece by piece; `close` it when done. */
export interface FileBytes extends ByteSource {
  /** Closes the file; nothing can be read from it any more. */
  close(): void
}

/**
 * Opens a file for reading at any place. Nothing is held in memory.
 *
 * Throws `caffe/unreadable-file`.
 */
export function openFileBytes(path: string): FileBytes {
  const file = opened(path, () => openSync(path, 'r'))
  const stat = fstatSync(file)
  if (!stat.isFile()) {
    closeSync(file)
    throw unreadable(path, 'it is not a file')
  }
  return {
    name: path,
    length: stat.size,
    readInto(target, offset) {
      for (let read = 0; read < target.length; ) {
        const count = readSync(file, target, read, Math.min(target.length - read, largestRead), offset + read)
        if (count === 0) throw unreadable(path, 'it has become shorter while it was read')
        read += count
      }
    },
    close: () => closeSync(file),
  }
}

/** The operating system reads less than 2 GiB at once. */
const largestRead = 2 ** 30

function opened(path: string, open: () => number): number {
  try {
    return open()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw unreadable(path, code === 'ENOENT' ? 'there is no such file' : (cause as Error).message, cause)
  }
}

export function unreadable(path: string, reason: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('caffe/unreadable-file', {
    what: `cannot read ${path} (${reason})`,
    rule: 'nets and weights are files that can be read',
    next: 'check the path',
    cause,
  })
}
