import { open } from 'node:fs/promises'

/** One call of the system writes less than 2 GiB. */
const mostAtOnce = 2 ** 30

/** Writes a file from its parts, one after the other. */
export async function writeParts(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const part of parts) {
      let at = 0
      while (at < part.length) at += (await file.write(part.subarray(at, at + mostAtOnce))).bytesWritten
    }
  } finally {
    await file.close()
  }
}
