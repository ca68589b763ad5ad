import { PixelwiseError } from '@pixelwise/masks/shared'
import { util } from '@tensorflow/tfjs-core'

/** A place that a model is read from: a folder, a web address, a database. */
export interface ModelSource {
  /** What a person would call the place (a path, a URL); error messages name it. */
  readonly location: string
  /**
   * The bytes of one file, piece by piece, so that a file may be larger than memory allows at once.
   *
   * A piece is only valid until the next one is asked for. Throws `model/missing-file` where there is no such file.
   */
  read(name: string): AsyncIterable<Uint8Array>
}

/** A place that a model is written to. */
export interface ModelStore extends ModelSource {
  /** Writes one whole file; the bytes belong to the caller again once the promise resolves. */
  write(name: string, bytes: Uint8Array): Promise<void>
}

/** The error of a store that lacks a file. */
export function missingFile(location: string, name: string, reason: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('model/missing-file', {
    what: `${location}: cannot read ${name} (${reason})`,
    rule: 'a model folder holds model.json, pixelwise.json and the weight files that model.json lists',
    next: 'check the path, or copy the whole folder again',
    cause,
  })
}

/** A text file of a model, at most 256 MiB. */
export async function readText(source: ModelSource, name: string): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of source.read(name)) {
    pieces.push(piece.slice())
    length += piece.byteLength
    if (length > largestText) {
      throw new PixelwiseError('model/oversized-file', {
        what: `${source.location}: ${name} is larger than ${largestText} bytes`,
        rule: 'the JSON files of a model describe it and hold no weights',
        next: 'check that this is a model folder',
      })
    }
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.byteLength
  }
  return util.decodeString(bytes, 'utf-8')
}

const largestText = 256 * 2 ** 20

/** A JSON file of a model that holds an object. Throws `model/broken-json`. */
export async function readJson(source: ModelSource, name: string): Promise<Record<string, unknown>> {
  const text = await readText(source, name)
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch (cause) {
    throw brokenJson(source, name, text, cause)
  }
  throw brokenJson(source, name, text)
}

function brokenJson(source: ModelSource, name: string, text: string, cause?: unknown): PixelwiseError {
  const start = text.trim().slice(0, 20)
  return new PixelwiseError('model/broken-json', {
    what: `${source.location}: ${name} is not a JSON object (${text === '' ? 'the file is empty' : `it has ${text.length} characters and starts with ${JSON.stringify(start)}`})`,
    rule: 'the JSON files of a model are whole',
    next: 'copy the folder again, or save the model again',
    cause,
  })
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
