import { PixelwiseError } from '@pixelwise/masks/shared'
import { shortName } from '../names.js'
import type { Message } from '../prototxt/message.js'
import { type Position, place } from '../prototxt/tokens.js'

/** One layer of a net, its inputs resolved. */
export interface GraphLayer {
  readonly name: string
  readonly type: string
  readonly message: Message
  readonly at: Position
  readonly bottoms: readonly BlobVersion[]
  readonly tops: readonly BlobVersion[]
}

/**
 * What a blob holds between two layers that write it: a layer that works in place makes a new version of the blob, and
 * readers see the version of the latest writer before them.
 */
export interface BlobVersion {
  readonly name: string
  readonly writer: string
  /** How many layers read this version. */
  readers: number
}

export interface Graph {
  readonly layers: readonly GraphLayer[]
  /** Blobs in their last version that no layer reads: what Caffe's net gives back. */
  readonly outputs: readonly BlobVersion[]
}

/**
 * Resolves which layer reads what. Layers run in the order of the file, so a graph without cycles follows from every
 * blob being written before it is read.
 *
 * Throws `caffe/unknown-bottom`, `caffe/duplicate-top` and `caffe/unnamed`. Source: Caffe's net.cpp.
 */
export function resolveGraph(layers: readonly Message[], name: string): Graph {
  const blobs = new Map<string, BlobVersion>()
  const resolved = layers.map((message): GraphLayer => {
    const layerName = message.text('name', '')
    const type = message.text('type', '')
    if (type === '') {
      throw new PixelwiseError('caffe/unnamed', {
        what: `${place(name, message.at)}: layer "${shortName(layerName)}" has no type`,
        rule: 'a layer says what it computes',
        next: 'add type: "…"',
      })
    }
    const bottomNames = message.texts('bottom')
    const bottoms = bottomNames.map((bottom) => {
      const blob = blobs.get(bottom)
      if (blob === undefined) throw unknownBottom(bottom, message, layers, name)
      blob.readers++
      return blob
    })
    const tops = message.texts('top').map((top, i): BlobVersion => {
      const earlier = blobs.get(top)
      if (earlier !== undefined && bottomNames[i] !== top) {
        throw new PixelwiseError('caffe/duplicate-top', {
          what: `${place(name, message.at)}: layer "${shortName(layerName)}" writes blob "${shortName(top)}", which layer "${shortName(earlier.writer)}" already gives`,
          rule: 'a blob has one writer, except layers that work in place: top and bottom of one name at one position',
          next: 'give the top another name',
        })
      }
      const version = { name: top, writer: layerName, readers: 0 }
      blobs.set(top, version)
      return version
    })
    return { name: layerName, type, message, at: message.at, bottoms, tops }
  })
  return { layers: resolved, outputs: [...blobs.values()].filter(({ readers }) => readers === 0) }
}

function unknownBottom(bottom: string, layer: Message, layers: readonly Message[], name: string): PixelwiseError {
  const writer = layers.find((other) => other.texts('top').includes(bottom))
  return new PixelwiseError('caffe/unknown-bottom', {
    what: `${place(name, layer.at)}: layer "${shortName(layer.text('name', ''))}" reads blob "${shortName(bottom)}"${writer === undefined ? '' : `, which layer "${shortName(writer.text('name', ''))}" gives only later`}`,
    rule: 'a blob is written by an earlier layer',
    next:
      writer === undefined
        ? 'add the layer that gives it, check its phase rules, or correct the name'
        : 'put the layers in the order in which they run',
  })
}
