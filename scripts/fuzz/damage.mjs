/** One to eight bytes, words or stretches changed, seldom many, the file cut or grown. */
export function damageBytes(seed, rng) {
  let bytes = seed.slice()
  for (let change = rng.integer(1 + rng.integer(8)); change >= 0; change--) {
    const at = rng.integer(Math.max(1, bytes.length))
    switch (rng.integer(6)) {
      case 0:
        bytes[at] = rng.integer(256)
        break
      case 1:
        bytes[at] ^= 1 << rng.integer(8)
        break
      case 2:
        bytes.set([0xff, 0xff, 0xff, 0x7f].slice(0, bytes.length - at), at)
        break
      case 3:
        bytes = bytes.slice(0, at)
        break
      case 4:
        bytes.copyWithin(at, rng.integer(Math.max(1, bytes.length)))
        break
      default:
        bytes = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at - rng.integer(Math.min(at, 40) + 1))])
    }
  }
  return bytes
}

/** Half of the damaged PNG files get right checksums, so that the damage is met behind them. */
export function damagePng(seed, rng) {
  const bytes = damageBytes(seed, rng)
  if (rng.integer(2) === 0) return bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at)
    if (end > bytes.length) break
    view.setUint32(end - 4, crc32(bytes.subarray(at + 4, end - 4)))
    at = end
  }
  return bytes
}

/** Of HDF5 files most bytes are pixels; three in four are damaged in the parts that describe them, marked by four letters. */
export function damageHdf5(seed, rng) {
  if (rng.integer(4) === 0) return damageBytes(seed, rng)
  const bytes = seed.slice()
  const signs = ['TREE', 'SNOD', 'HEAP', 'OHDR', '\x89HDF', 'GCOL', 'BTHD', 'FRHP']
  const text = Buffer.from(bytes).toString('latin1')
  const places = signs.flatMap((sign) => [...text.matchAll(new RegExp(sign, 'g'))].map(({ index }) => index))
  if (places.length === 0) return bytes
  for (let change = rng.integer(4); change >= 0; change--) {
    const at = rng.pick(places) + rng.integer(200)
    if (at < bytes.length) bytes[at] = rng.pick([0, 1, 0x7f, 0x80, 0xff, rng.integer(256)])
  }
  return bytes
}

/** What stands where a number, a word or a mark stood. */
// biome-ignore format: a list of words
const texts = [
  '-1', '1e400', '4294967296', '0.5', '1e9', 'NaN', 'null', 'true', '""', '[]', '{}', '../../etc/passwd', '\\u0000',
  '9'.repeat(400), '<', '>', '&#0;', '&amp', '}', ']', '"', ',', '\r\n', '[[[[[[[[', '\u{1f4a5}', '\u2028',
]

/** One to four words or marks changed, doubled or taken away; one in three files is also damaged by bytes. */
export function damageText(seed, rng) {
  let text = new TextDecoder().decode(seed)
  for (let change = rng.integer(4); change >= 0; change--) {
    const words = [...text.matchAll(/[\w.+-]+|[^\w\s]/g)]
    if (words.length === 0) break
    const { 0: word, index } = rng.pick(words)
    const instead = rng.pick([rng.pick(texts), word + word, '', rng.pick(words)[0]])
    text = text.slice(0, index) + instead + text.slice(index + word.length)
  }
  const bytes = new TextEncoder().encode(text)
  return rng.integer(3) === 0 ? damageBytes(bytes, rng) : bytes
}

function crc32(bytes) {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}
