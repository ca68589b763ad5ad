/** A blob to write. */
export interface BlobToWrite {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

export interface LayerToWrite {
  readonly name: string
  readonly type: string
  readonly blobs: readonly BlobToWrite[]
}

export interface WriteOptions {
  /** `V2` unless told; `V1` writes `layers` with legacy sizes, `V0` a layer inside each. */
  readonly format?: 'V0' | 'V1' | 'V2'
  /** `packed` unless told. */
  readonly values?: 'packed' | 'single' | 'double'
}

/** Writes a binary caffemodel as the versions of Caffe did, for tests: an independent counterpart of the reader. */
export function writeCaffemodel(layers: readonly LayerToWrite[], options: WriteOptions = {}): Uint8Array {
  const { format = 'V2' } = options
  return message(
    layers.map(({ name, type, blobs }) => {
      const written = (field: number) => blobs.map((blob) => bytesField(field, writeBlob(blob, options)))
      if (format === 'V2') return bytesField(100, message([textField(1, name), textField(2, type), ...written(7)]))
      const inner = [textField(1, name), textField(2, type), ...written(50)]
      const body = format === 'V0' ? [bytesField(1, message(inner))] : [textField(4, name), ...written(6)]
      return bytesField(2, message(body))
    }),
  )
}

function writeBlob(
  { shape, values }: BlobToWrite,
  { format = 'V2', values: how = 'packed' }: WriteOptions,
): Uint8Array {
  const legacy = [...Array(Math.max(0, 4 - shape.length)).fill(1), ...shape]
  const sizes =
    format === 'V2'
      ? [bytesField(7, bytesField(1, message(shape.map(varint))))]
      : legacy.map((size, i) => message([varint((i + 1) * 8), varint(size)]))
  return message([...sizes, writeValues(values, how)])
}

function writeValues(values: Float32Array, how: 'packed' | 'single' | 'double'): Uint8Array {
  if (how === 'packed') return bytesField(5, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  if (how === 'double') return bytesField(8, new Uint8Array(Float64Array.from(values).buffer))
  const bytes = new Uint8Array(values.length * 5)
  const view = new DataView(bytes.buffer)
  values.forEach((value, i) => {
    bytes[i * 5] = 5 * 8 + 5
    view.setFloat32(i * 5 + 1, value, true)
  })
  return bytes
}

export function textField(field: number, text: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(text))
}

export function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return message([varint(field * 8 + 2), varint(bytes.length), bytes])
}

export function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Uint8Array.from([...bytes, rest])
}

export function message(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
