const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Bytes as base64 text with padding (RFC 4648, §4), on any platform. */
export function base64(bytes: Uint8Array): string {
  const pieces: string[] = []
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = (bytes[i] << 16) | ((left > 1 ? bytes[i + 1] : 0) << 8) | (left > 2 ? bytes[i + 2] : 0)
    pieces.push(
      alphabet[group >> 18],
      alphabet[(group >> 12) & 63],
      left > 1 ? alphabet[(group >> 6) & 63] : '=',
      left > 2 ? alphabet[group & 63] : '=',
    )
  }
  return pieces.join('')
}
