import { PixelwiseError } from '@pixelwise/masks/shared'
import type { ByteSource } from '../byte-source.js'
import { shortName } from '../names.js'
import { v1TypeName } from '../net/v1-types.js'
import type { CaffeBlob, WeightLayer, WeightSource } from '../weights/weight-source.js'
import { readBlob } from './blob.js'
import { broken, WireReader } from './wire-reader.js'

/**
 * Finds the weights in a binary caffemodel of any age.
 *
 * V2 files hold `layer` messages, V1 files `layers`, and V0 files a layer inside each of those. Only names, types and
 * places are read here: the values go straight from the source to where they are needed.
 *
 * Throws `caffemodel/broken` with the byte offset, `caffemodel/mixed-versions` and `caffemodel/no-layers`.
 * Source: caffe.proto.
 */
export function readCaffemodel(source: ByteSource): WeightSource {
  const net = new WireReader(source)
  const layers: WeightLayer[] = []
  const formats = new Set<string>()
  while (net.next()) {
    if (net.field !== fieldOf.layer && net.field !== fieldOf.layers) continue
    const { layer, format } = net.field === fieldOf.layer ? readV2(net, layers.length) : readV1(net, layers.length)
    formats.add(format)
    layers.push(layer)
    if (layers.length > mostLayers) {
      throw broken(source, net.offset, `more than ${mostLayers} layers`, `a net has at most ${mostLayers}`)
    }
  }
  if (formats.has('V2') && formats.size > 1) {
    throw new PixelwiseError('caffemodel/mixed-versions', {
      what: `${source.name} has both "layer" and "layers" fields`,
      rule: 'a file is written by one version of Caffe',
      next: 'find out which of the two sets of weights is meant and save it alone',
    })
  }
  if (layers.length === 0) {
    throw new PixelwiseError('caffemodel/no-layers', {
      what: `${source.name}: no layers in ${source.length} bytes`,
      rule: 'a caffemodel holds the layers of a net with their weights',
      next: 'check that this is a .caffemodel and not a .prototxt, a .solverstate or an empty download',
    })
  }
  const format = formats.has('V2') ? 'V2' : formats.has('V0') ? 'V0' : 'V1'
  return { name: source.name, format, layers }
}

/** More layers than any net has; a damaged file must not grow without bound. */
export const mostLayers = 20000

const fieldOf = { layers: 2, layer: 100 }

interface ReadLayer {
  readonly layer: WeightLayer
  readonly format: 'V0' | 'V1' | 'V2'
}

function readV2(net: WireReader, index: number): ReadLayer {
  const { name, type, blobs } = readLayer(net, index, { name: 1, type: 2, blobs: 7 })
  return { layer: { name, ...(typeof type === 'string' && { type }), blobs }, format: 'V2' }
}

function readV1(net: WireReader, index: number): ReadLayer {
  const outer = readLayer(net, index, { name: 4, type: 5, blobs: 6, inner: 1 })
  if (outer.inner !== undefined) {
    const { name, type, blobs } = outer.inner
    return { layer: { name, ...(typeof type === 'string' && { type }), blobs }, format: 'V0' }
  }
  const type = typeof outer.type === 'number' ? v1TypeName(outer.type) : undefined
  return { layer: { name: outer.name, ...(type !== undefined && { type }), blobs: outer.blobs }, format: 'V1' }
}

interface LayerFields {
  readonly name: number
  readonly type: number
  readonly blobs: number
  /** The V0 layer inside a V1 layer. */
  readonly inner?: number
}

interface LayerContents {
  readonly name: string
  readonly type: string | number | undefined
  readonly blobs: CaffeBlob[]
  readonly inner: LayerContents | undefined
}

const v0Fields: LayerFields = { name: 1, type: 2, blobs: 50 }

function readLayer(parent: WireReader, index: number, numbers: LayerFields): LayerContents {
  const fields = parent.message(`layer ${index}`)
  let name = ''
  let type: string | number | undefined
  let inner: LayerContents | undefined
  const blobs: CaffeBlob[] = []
  while (fields.next()) {
    if (fields.field === numbers.name) name = fields.text(`name of layer ${index}`)
    else if (fields.field === numbers.type)
      type = fields.type === 0 ? fields.value : fields.text(`type of layer ${index}`)
    else if (fields.field === numbers.inner) inner = readLayer(fields, index, v0Fields)
    else if (fields.field === numbers.blobs) {
      if (blobs.length >= mostBlobs) {
        throw broken(fields.source, fields.offset, `layer ${index} has more blobs`, `a layer has at most ${mostBlobs}`)
      }
      // The name comes first in every file Caffe writes; without it the number has to do.
      blobs.push(readBlob(fields, `layer ${name === '' ? index : `"${shortName(name)}"`}, blob ${blobs.length}`))
    }
  }
  return { name, type, blobs, inner }
}

const mostBlobs = 1024
