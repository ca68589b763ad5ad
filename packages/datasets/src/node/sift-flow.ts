import { join } from 'node:path'
import { siftFlowClasses, siftFlowGeometricClasses } from '../classes/sift-flow.js'
import type { Dataset, Sample } from '../dataset.js'
import { encodeMat, matMatrix } from '../mat/mat-encode.js'
import { fileDataset } from './file-dataset.js'
import { type ReadOptions, readImage } from './read-image.js'
import { readMatLabels } from './read-mat.js'
import { readSplit, splitNames, splitProblems } from './split-lists.js'
import { listFile, type SynthesizeOptions, writeScenes } from './write-scenes.js'

/** How SIFT Flow is read. */
export interface SiftFlowOptions extends ReadOptions {
  /** `trainval` (default) or `test`: the lists in the root. */
  readonly split?: string
  /** Whether the geometric labels are read too; default true. */
  readonly geometric?: boolean
}

/** The folder that the archive repeats below `Images`, `SemanticLabels` and `GeoLabels`. */
const inner = 'spatial_envelope_256x256_static_8outdoorcategories'

const voidLabel = 255

/**
 * Opens SIFT Flow: `Images/…/ID.jpg`, `SemanticLabels/…/ID.mat` and `GeoLabels/…/ID.mat` (variable `S`), `SPLIT.txt`.
 *
 * Semantic labels are stored as 1..33 and geometric ones as 1..3; they become 0.. and void (0, or below 1) becomes 255.
 * The published split has 2,488 + 200 images; of the former highway_bost181 and street_urb506 have no annotation, so that
 * lists for training hold 2,486. Rejects as `openSbd`.
 * Source: Liu, Yuen and Torralba 2011; Tighe and Lazebnik 2010 (geometric labels).
 */
export async function openSiftFlow(root: string, options: SiftFlowOptions = {}): Promise<Dataset<Sample>> {
  const { split = 'trainval', geometric = true } = options
  const part = (kind: string, id: string) => {
    const file = join(root, kind, inner, `${id}.mat`)
    return { file, read: () => readMatLabels(file, ['S'], (stored) => (stored < 1 ? voidLabel : stored - 1)) }
  }
  return fileDataset({
    name: 'SIFT Flow',
    split,
    classes: siftFlowClasses,
    ids: await readSplit(root, split),
    files: (id) => {
      const image = join(root, 'Images', inner, `${id}.jpg`)
      return {
        image: { file: image, read: () => readImage(image, options) },
        labels: { ...part('SemanticLabels', id), classes: siftFlowClasses },
        ...(geometric && { geometric: { ...part('GeoLabels', id), classes: siftFlowGeometricClasses } }),
      }
    },
    lists: async () => splitProblems(root, await splitNames(root)),
  })
}

/**
 * Writes synthetic scenes in SIFT Flow's layout: training scenes in `trainval.txt`, the others in `test.txt`. Label i of the
 * scenes is stored as i + 1, outlines as void; geometrically the ground is horizontal, objects are vertical and the
 * uppermost eighth of the ground is sky. Errors as `synthesizeVoc`.
 */
export async function synthesizeSiftFlow(root: string, options: SynthesizeOptions = {}): Promise<void> {
  await writeScenes(root, options, {
    name: 'sift-flow',
    files: async ({ id, scene, jpeg }) => {
      const { height, width, labels } = scene.labels
      const semantic = Array.from(labels, (label) => (label === voidLabel ? 0 : label + 1))
      const geometric = Array.from(labels, (label, i) => {
        if (label === voidLabel) return -1
        if (label > 0) return 3
        return i < labels.length >> 3 ? 1 : 2
      })
      return {
        [`Images/${inner}/${id}.jpg`]: await jpeg(),
        [`SemanticLabels/${inner}/${id}.mat`]: encodeMat({
          S: matMatrix(height, width, semantic, (n) => new Uint8Array(n)),
        }),
        [`GeoLabels/${inner}/${id}.mat`]: encodeMat({
          S: matMatrix(height, width, geometric, (n) => new Int16Array(n)),
        }),
      }
    },
    lists: ({ train, val }) => ({ 'trainval.txt': listFile(train), 'test.txt': listFile(val) }),
  })
}
