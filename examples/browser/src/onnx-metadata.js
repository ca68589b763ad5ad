/** Numbers of fields in onnx.proto3: `ModelProto.metadata_props`, and key and value of its entries. */
const [metadata, key, value] = [14, 1, 2]

/**
 * The text that an ONNX file has beside its graph, by name. ONNX Runtime does not give it in a browser, so it is read from the
 * file's outermost fields; graph and weights are skipped. Throws where these bytes are no such file.
 */
export function onnxMetadata(bytes) {
  const entries = fieldsOf(bytes).filter((field) => field.number === metadata)
  return new Map(
    entries.map(({ content }) => {
      const fields = fieldsOf(content)
      const text = (number) => new TextDecoder().decode(fields.find((field) => field.number === number)?.content)
      return [text(key), text(value)]
    }),
  )
}

/** The fields of a message that have a length of their own, with their bytes. Source: Protocol Buffers, Encoding. */
function fieldsOf(bytes) {
  const fields = []
  let at = 0
  const varint = () => {
    let number = 0
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++]
      number += (byte & 127) * factor
      if (byte < 128) return number
    }
    throw new Error('it ends within a number')
  }
  while (at < bytes.length) {
    const tag = varint()
    const [number, kind] = [Math.floor(tag / 8), tag % 8]
    if (kind === 0) varint()
    else if (kind === 1) at += 8
    else if (kind === 5) at += 4
    else if (kind === 2) {
      const length = varint()
      fields.push({ number, content: bytes.subarray(at, at + length) })
      at += length
    } else throw new Error(`a field is of the unknown kind ${kind}`)
  }
  if (at > bytes.length) throw new Error('it ends within a field')
  return fields
}
