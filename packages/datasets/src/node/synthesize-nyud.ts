import type { Raster } from '@pixelwise/masks'
import { encodeDepth } from '../codecs/depth-png.js'
import { encodePng } from '../codecs/png-encode.js'
import { encodeMat, matMatrix } from '../mat/mat-encode.js'
import type { Scene } from '../synthetic/scene.js'
import { type SynthesizeOptions, writeScenes } from './write-scenes.js'

/**
 * Writes synthetic scenes in the prepared layout of NYUDv2: of the training scenes every fourth is listed in `val.txt`, the
 * others in `train.txt`; the validation scenes are listed in `test.txt`. As in the archive, lists lack the final newline.
 *
 * Label i of the scenes is stored as i + 1, outlines as void. Depth is a floor that comes nearer downwards with the objects
 * standing before it; the HHA pictures code that depth, the row and an upright angle. Errors as `synthesizeVoc`.
 */
export async function synthesizeNyud(root: string, options: SynthesizeOptions = {}): Promise<void> {
  await writeScenes(root, options, {
    name: 'nyud',
    idOf: (split, index) => String(5001 + 2 * index + (split === 'train' ? 0 : 1)),
    files: async ({ id, scene }) => {
      const { height, width, labels } = scene.labels
      const stored = Array.from(labels, (label) => (label === 255 ? 0 : label + 1))
      const depth = depthOf(scene)
      return {
        [`data/images/img_${id}.png`]: encodePng(scene.image),
        [`data/depth/img_${id}.png`]: encodeDepth(depth),
        [`data/hha/img_${id}.png`]: encodePng(hhaOf(depth, scene)),
        [`segmentation/img_${id}.mat`]: encodeMat({
          segmentation: matMatrix(height, width, stored, (n) => new Uint8Array(n)),
        }),
      }
    },
    lists: ({ train, val }) => ({
      'train.txt': train.filter((_, i) => i % 4 !== 3).join('\n'),
      'val.txt': train.filter((_, i) => i % 4 === 3).join('\n'),
      'test.txt': val.join('\n'),
    }),
  })
}

/** Millimetres: 4 m at the top to 1.5 m at the bottom, each object 300 mm before the one it covers. */
export function depthOf({ instances }: Scene): Raster<Uint16Array> {
  const { height, width, labels } = instances
  const data = Uint16Array.from(labels, (instance, i) => {
    const floor = 4000 - (2500 * Math.floor(i / width)) / height
    return floor - (instance === 255 ? 0 : 300 * Math.min(instance, 3))
  })
  return { height, width, channels: 1, data }
}

function hhaOf(depth: Raster<Uint16Array>, { labels }: Scene): Raster<Uint8Array> {
  const { height, width } = depth
  const data = new Uint8Array(height * width * 3)
  for (let i = 0; i < height * width; i++) {
    data[i * 3] = Math.min(255, Math.round(200_000 / depth.data[i]))
    data[i * 3 + 1] = Math.round(255 * (1 - Math.floor(i / width) / height))
    data[i * 3 + 2] = labels.labels[i] === 0 ? 90 : 180
  }
  return { height, width, channels: 3, data }
}
