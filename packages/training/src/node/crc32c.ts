/** CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), the checksum of TFRecord and of our checkpoints. Continues from `crc`. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  let state = ~crc
  for (let i = 0; i < bytes.length; i++) state = (state >>> 8) ^ table[(state ^ bytes[i]) & 0xff]
  return ~state >>> 0
}

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let state = byte
  for (let bit = 0; bit < 8; bit++) state = (state >>> 1) ^ (state & 1 ? 0x82f63b78 : 0)
  return state
})
