import { gunzipSync } from 'node:zlib'

/** The files of a package tarball by their path inside the package (`package/` removed). */
export function untar(tarball: Uint8Array): Map<string, Uint8Array> {
  const bytes = gunzipSync(tarball)
  const files = new Map<string, Uint8Array>()
  // ustar: 512-byte headers; name at 0, size in octal at 124, type at 156, name prefix at 345.
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const text = (start: number, length: number): string =>
      bytes
        .toString('utf8', at + start, at + start + length)
        .replace(/\0.*$/s, '')
        .trim()
    const size = Number.parseInt(text(124, 12), 8)
    const prefix = text(345, 155)
    const name = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
    const isFile = bytes[at + 156] === 0 || bytes[at + 156] === 0x30
    if (isFile) files.set(name.replace(/^package\//, ''), bytes.subarray(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}
