/**
 * CRC-32 of bytes that come in pieces, to tell a damaged weight file from a good one.
 *
 * Reflected polynomial 0xEDB88320, as in ISO 3309, zip and PNG; four bytes a step ("slicing by 4", Kounavis and Berry 2005).
 *
 * @param state the result for the bytes before, 0 to begin with
 * @returns an unsigned 32-bit number
 */
export function crc32(bytes: Uint8Array, state = 0): number {
  let crc = ~state
  let i = 0
  for (const end = bytes.length - 3; i < end; i += 4) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)
    crc =
      tables[768 + (crc & 0xff)] ^
      tables[512 + ((crc >>> 8) & 0xff)] ^
      tables[256 + ((crc >>> 16) & 0xff)] ^
      tables[crc >>> 24]
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[i]) & 0xff]
  return ~crc >>> 0
}

const tables = slicingTables()

/** Table k·256 + b: the remainder of byte b followed by k zero bytes. */
function slicingTables(): Int32Array {
  const result = new Int32Array(4 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0)
    result[byte] = remainder
  }
  for (let i = 256; i < result.length; i++) result[i] = (result[i - 256] >>> 8) ^ result[result[i - 256] & 0xff]
  return result
}
