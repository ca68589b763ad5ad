import { Registry } from '@pixelwise/masks/shared'
import type { Dataset, Sample } from '../dataset.js'
import { openCamvid, synthesizeCamvid } from './camvid.js'
import { openFolder, synthesizeFolder } from './folder.js'
import type { ReadOptions } from './read-image.js'
import { synthesizeVoc } from './synthesize-voc.js'
import { openVoc } from './voc.js'
import type { SynthesizeOptions } from './write-scenes.js'

/** A layout of files on disk: how it is opened and how a synthetic set is written in it. */
export interface DatasetLayout {
  readonly summary: string
  open(root: string, options?: ReadOptions & { readonly split?: string }): Promise<Dataset<Sample>>
  synthesize(root: string, options?: SynthesizeOptions): Promise<void>
}

/**
 * The layouts this package knows, by name; add one's own to the registry that is returned.
 *
 * @example
 * const dataset = await datasetLayouts().get('voc').open('VOC2012', { split: 'val' })
 */
export function datasetLayouts(): Registry<DatasetLayout> {
  return new Registry<DatasetLayout>('data set layout', [
    [
      'voc',
      { summary: 'PASCAL VOC: JPEGImages, SegmentationClass, ImageSets', open: openVoc, synthesize: synthesizeVoc },
    ],
    ['folder', { summary: 'images/, labels/ and classes.txt', open: openFolder, synthesize: synthesizeFolder }],
    [
      'camvid',
      {
        summary: 'CamVid as prepared for SegNet: train/, trainannot/, train.txt',
        open: openCamvid,
        synthesize: synthesizeCamvid,
      },
    ],
  ])
}
