import { vocPalette } from '../classes/palette.js'
import { encodeLabels } from '../codecs/label-png.js'
import { formatVocAnnotation } from '../formats/voc-annotation.js'
import type { Scene } from '../synthetic/scene.js'
import { listFile, type SynthesizeOptions, writeScenes } from './write-scenes.js'

/**
 * Writes a synthetic data set in PASCAL VOC's exact layout, with a `classes.txt` that `openVoc` reads.
 *
 * Images are 96×96 unless told otherwise. Rejects with `synthesis/not-empty` (see `overwrite`),
 * `synthetic/unknown-class`, `synthetic/duplicate-class`, `synthetic/bad-size`. Written aside and renamed when complete.
 *
 * @example
 * await synthesizeVoc('scenes', { train: 400, val: 100, seed: 1 })
 */
export async function synthesizeVoc(root: string, options: SynthesizeOptions = {}): Promise<void> {
  const palette = vocPalette()
  await writeScenes(root, options, {
    name: 'voc',
    files: async ({ id, scene, jpeg }) => ({
      [`JPEGImages/${id}.jpg`]: await jpeg(),
      [`SegmentationClass/${id}.png`]: encodeLabels(scene.labels, palette),
      [`SegmentationObject/${id}.png`]: encodeLabels(scene.instances, palette),
      [`Annotations/${id}.xml`]: annotationOf(scene, id),
    }),
    lists: ({ train, val }, classes) => ({
      'ImageSets/Segmentation/train.txt': listFile(train),
      'ImageSets/Segmentation/val.txt': listFile(val),
      'ImageSets/Segmentation/trainval.txt': listFile([...train, ...val]),
      'classes.txt': listFile(classes),
    }),
  })
}

function annotationOf({ image, objects }: Scene, id: string): string {
  return formatVocAnnotation(
    {
      filename: `${id}.jpg`,
      height: image.height,
      width: image.width,
      objects: objects.map(({ className, box }) => ({
        name: className,
        pose: 'Unspecified',
        truncated: box.left === 0 || box.top === 0 || box.right === image.width - 1 || box.bottom === image.height - 1,
        difficult: false,
        box: { xmin: box.left + 1, ymin: box.top + 1, xmax: box.right + 1, ymax: box.bottom + 1 },
      })),
    },
    'synthetic',
  )
}
