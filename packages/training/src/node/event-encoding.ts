import { crc32c } from './crc32c.js'

/** One entry of a TensorBoard log. */
export interface LogEvent {
  /** Seconds since 1970. */
  readonly wallTime: number
  readonly step?: number
  /** Only in the first entry of a file. */
  readonly fileVersion?: string
  readonly values?: readonly LogValue[]
  /** A run starts or goes on at `step`; what earlier files say of this step and later ones no longer holds. */
  readonly sessionStart?: true
}

export type LogValue =
  | { readonly tag: string; readonly scalar: number }
  | {
      readonly tag: string
      readonly image: { readonly height: number; readonly width: number; readonly png: Uint8Array }
    }

/**
 * An event as TensorFlow's `Event` message: wall_time 1, step 2, file_version 3, summary 5 with values 1 of tag 1,
 * simple_value 2 or image 4 (height 1, width 2, colorspace 3, encoded_image_string 4), session_log 7 of status 1 (START 1).
 *
 * Source: tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
 */
export function encodeEvent({ wallTime, step, fileVersion, values, sessionStart }: LogEvent): Uint8Array {
  return concatenate([
    fixed64(1, wallTime),
    step === undefined ? empty : varintField(2, step),
    fileVersion === undefined ? empty : bytesField(3, utf8(fileVersion)),
    values === undefined ? empty : bytesField(5, concatenate(values.map((value) => bytesField(1, encodeValue(value))))),
    sessionStart ? bytesField(7, varintField(1, 1)) : empty,
  ])
}

/** A record as TFRecord frames it: length (64 bits), its masked checksum, the data, their masked checksum. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, maskedCrc(data), true)
  return record
}

const empty = new Uint8Array(0)
const rgba = 4

function encodeValue(value: LogValue): Uint8Array {
  const tag = bytesField(1, utf8(value.tag))
  if ('scalar' in value) return concatenate([tag, fixed32(2, value.scalar)])
  const { height, width, png } = value.image
  const image = [varintField(1, height), varintField(2, width), varintField(3, rgba), bytesField(4, png)]
  return concatenate([tag, bytesField(4, concatenate(image))])
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Uint8Array.of(...bytes, rest)
}

function varintField(field: number, value: number): Uint8Array {
  return concatenate([varint(field << 3), varint(value)])
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return concatenate([varint((field << 3) | 2), varint(bytes.length), bytes])
}

function fixed64(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(9)
  bytes[0] = (field << 3) | 1
  new DataView(bytes.buffer).setFloat64(1, value, true)
  return bytes
}

function fixed32(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(5)
  bytes[0] = (field << 3) | 5
  new DataView(bytes.buffer).setFloat32(1, value, true)
  return bytes
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
