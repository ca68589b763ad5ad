import { PixelwiseError } from '@pixelwise/masks/shared'
import { type ModelSource, missingFile } from './model-store.js'

/** What is needed of `fetch`: the browser's and Node's both fit. */
export type FetchFunction = (url: string) => Promise<FetchedFile>

/** What is needed of a response to `fetch`. */
export interface FetchedFile {
  readonly ok: boolean
  readonly status: number
  readonly body?: {
    /** The body in pieces as they arrive. */
    getReader(): FetchedPieces
  } | null
  /** The whole body. */
  arrayBuffer(): Promise<ArrayBuffer>
}

/** The body of a response as it arrives. */
export interface FetchedPieces {
  /** The next piece; `done` after the last. */
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  /** Ends the transfer early. */
  cancel(): Promise<void>
}

/**
 * A model folder on a web server, read with the `fetch` that is passed.
 *
 * @param url address of the folder, or of its `model.json`; a query string is kept for every file
 * @example
 * const { model, description } = await readModel(urlSource('/models/fcn8s', fetch), { layers })
 */
export function urlSource(url: string, fetchFile: FetchFunction): ModelSource {
  const [, path, query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(url) ?? ['', url]
  const location = path.replace(/\/?(model\.json)?$/, '')
  return {
    location,
    async *read(name) {
      const address = `${location}/${name}${query}`
      let response: FetchedFile
      try {
        response = await fetchFile(address)
      } catch (cause) {
        throw missingFile(location, name, cause instanceof Error ? cause.message : String(cause), cause)
      }
      if (!response.ok) throw missingFile(location, name, `HTTP status ${response.status}`)
      if (!response.body) {
        yield new Uint8Array(await response.arrayBuffer())
        return
      }
      const pieces = response.body.getReader()
      let finished = false
      try {
        for (;;) {
          const { done, value } = await pieces.read()
          if (done) break
          if (value !== undefined) yield value
        }
        finished = true
      } catch (cause) {
        throw brokenTransfer(location, name, cause)
      } finally {
        if (!finished) await pieces.cancel().catch(() => undefined)
      }
    },
  }
}

function brokenTransfer(location: string, name: string, cause: unknown): PixelwiseError {
  return new PixelwiseError('model/broken-transfer', {
    what: `${location}: the transfer of ${name} broke off (${cause instanceof Error ? cause.message : String(cause)})`,
    rule: 'the server sends the whole file',
    next: 'check the connection and load the model again',
    cause,
  })
}
