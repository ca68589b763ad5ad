import { PixelwiseError } from '@pixelwise/masks/shared'
import { checkJpegSize, damaged, type JpegCodec, jpegJsCodec } from '../codecs/jpeg.js'
import { defaultMaxPixels } from '../codecs/limits.js'

type Sharp = typeof import('sharp').default

/**
 * The JPEG codec to use in Node: sharp (libjpeg-turbo, fast) where it is installed, else jpeg-js.
 *
 * Ask for one by name to be sure of it. Rejects with `jpeg/no-sharp` when sharp is asked for and cannot be loaded.
 */
export async function nodeJpegCodec(wanted: 'auto' | 'sharp' | 'jpeg-js' = 'auto'): Promise<JpegCodec> {
  if (wanted === 'jpeg-js') return jpegJsCodec
  try {
    return sharpCodec((await import('sharp')).default)
  } catch (cause) {
    if (wanted === 'auto') return jpegJsCodec
    throw new PixelwiseError('jpeg/no-sharp', {
      what: `the package sharp cannot be loaded (${cause instanceof Error ? cause.message.split('\n')[0] : cause})`,
      rule: 'it is an optional peer of @pixelwise/datasets',
      next: 'run "npm install sharp", or use the codec "jpeg-js"',
      cause,
    })
  }
}

function sharpCodec(sharp: Sharp): JpegCodec {
  return {
    name: 'sharp',
    async decode(bytes, options = {}) {
      const { name: file = 'image', maxPixels = defaultMaxPixels } = options
      const { height, width } = checkJpegSize(bytes, options)
      const decoded = await sharp(bytes, { failOn: 'truncated', limitInputPixels: maxPixels, ignoreIcc: true })
        .toColourspace('srgb')
        .raw()
        .toBuffer({ resolveWithObject: true })
        .catch((cause: unknown) => {
          throw damaged(file, `cannot be decoded (${cause instanceof Error ? cause.message.trim() : cause})`, cause)
        })
      const { channels } = decoded.info
      if (channels !== 3 || decoded.info.height !== height || decoded.info.width !== width) {
        throw damaged(file, `decodes to ${decoded.info.height}×${decoded.info.width}×${channels}`)
      }
      return {
        height,
        width,
        channels,
        data: new Uint8Array(decoded.data.buffer, decoded.data.byteOffset, decoded.data.length),
      }
    },
    async encode({ height, width, channels, data }, quality = 95) {
      const file = await sharp(data, { raw: { height, width, channels: channels === 1 ? 1 : 3 } })
        .jpeg({ quality, chromaSubsampling: '4:4:4' })
        .toBuffer()
      return new Uint8Array(file)
    },
  }
}
