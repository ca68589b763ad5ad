import { Registry } from '@pixelwise/masks/shared'
import type { Dataset, Sample } from '../dataset.js'
import { openCamvid, synthesizeCamvid } from './camvid.js'
import { openCoco } from './coco.js'
import { openFolder, synthesizeFolder } from './folder.js'
import { openNyud } from './nyud.js'
import { openNyudMat } from './nyud-mat.js'
import { openPascalContext, synthesizePascalContext } from './pascal-context.js'
import type { ReadOptions } from './read-image.js'
import { openSbd } from './sbd.js'
import { openSiftFlow, synthesizeSiftFlow } from './sift-flow.js'
import { synthesizeCoco } from './synthesize-coco.js'
import { synthesizeNyud } from './synthesize-nyud.js'
import { synthesizeNyudMat } from './synthesize-nyud-mat.js'
import { synthesizeSbd } from './synthesize-sbd.js'
import { synthesizeVoc } from './synthesize-voc.js'
import { openVoc } from './voc.js'
import type { SynthesizeOptions } from './write-scenes.js'

/** What examples may have besides image and labels; read when asked for, as not every copy of a data set holds it. */
export type OptionalPart = 'instances' | 'objects' | 'depth' | 'hha'

/** A layout of files on disk: how it is opened and how a synthetic set is written in it. */
export interface DatasetLayout {
  readonly summary: string
  /** The usual split to train on and the one to score on. */
  readonly splits: { readonly train: string; readonly heldOut: string }
  /** The optional parts that `open` knows; default none. */
  readonly parts?: readonly OptionalPart[]
  /** Opens a data set of this layout; `split` as in `splits`, the parts as in `parts`. */
  open(
    root: string,
    options?: ReadOptions & { readonly split?: string } & { readonly [part in OptionalPart]?: boolean },
  ): Promise<Dataset<Sample>>
  /** Writes synthetic scenes in this layout. */
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
      {
        summary: 'PASCAL VOC: JPEGImages, SegmentationClass, ImageSets',
        splits: { train: 'train', heldOut: 'val' },
        parts: ['instances', 'objects'],
        open: openVoc,
        synthesize: synthesizeVoc,
      },
    ],
    [
      'folder',
      {
        summary: 'images/, labels/ and classes.txt',
        splits: { train: 'train', heldOut: 'val' },
        open: openFolder,
        synthesize: synthesizeFolder,
      },
    ],
    [
      'camvid',
      {
        summary: 'CamVid as prepared for SegNet: train/, trainannot/, train.txt',
        splits: { train: 'train', heldOut: 'val' },
        open: openCamvid,
        synthesize: synthesizeCamvid,
      },
    ],
    [
      'sbd',
      {
        summary: 'Semantic Boundaries Dataset: img/, cls/*.mat, inst/*.mat',
        splits: { train: 'train', heldOut: 'val' },
        parts: ['instances'],
        open: openSbd,
        synthesize: synthesizeSbd,
      },
    ],
    [
      'sift-flow',
      {
        summary: 'SIFT Flow: Images/, SemanticLabels/*.mat, GeoLabels/*.mat',
        splits: { train: 'trainval', heldOut: 'test' },
        open: openSiftFlow,
        synthesize: synthesizeSiftFlow,
      },
    ],
    [
      'nyud',
      {
        summary: 'NYUDv2 as prepared by Gupta et al.: data/images, segmentation/*.mat, data/depth, data/hha',
        splits: { train: 'trainval', heldOut: 'test' },
        parts: ['depth', 'hha'],
        open: openNyud,
        synthesize: synthesizeNyud,
      },
    ],
    [
      'nyud-mat',
      {
        summary: 'NYUDv2 as published: nyu_depth_v2_labeled.mat, splits.mat, classMapping40.mat',
        splits: { train: 'train', heldOut: 'test' },
        parts: ['instances', 'depth'],
        open: openNyudMat,
        synthesize: synthesizeNyudMat,
      },
    ],
    [
      'pascal-context',
      {
        summary: 'PASCAL-Context: VOC2010/ and pascal-context/trainval/*.mat',
        splits: { train: 'train', heldOut: 'val' },
        open: openPascalContext,
        synthesize: synthesizePascalContext,
      },
    ],
    [
      'coco',
      {
        summary: 'COCO instances: train2017/, val2017/, annotations/instances_*.json',
        splits: { train: 'train2017', heldOut: 'val2017' },
        open: openCoco,
        synthesize: synthesizeCoco,
      },
    ],
  ])
}
