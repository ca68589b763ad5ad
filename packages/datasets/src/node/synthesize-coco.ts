import { encodeMask, type LabelMap, maskArea, maskToJSON } from '@pixelwise/masks'
import { maskOutlines } from '../formats/mask-outlines.js'
import type { Scene } from '../synthetic/scene.js'
import { type SynthesizeOptions, writeScenes } from './write-scenes.js'

/** Every tenth image with two objects or more has its last object annotated as a crowd. */
const crowdEvery = 10

interface CocoJson {
  readonly images: unknown[]
  readonly annotations: unknown[]
}

/**
 * Writes synthetic scenes in COCO's layout: `train2017/*.jpg`, `val2017/*.jpg`, `annotations/instances_*.json`.
 *
 * Objects are outlines along pixel edges, those with holes compressed run lengths, some crowds uncompressed run lengths.
 * Category ids have gaps, as COCO's have. Errors as `synthesizeVoc`.
 */
export async function synthesizeCoco(root: string, options: SynthesizeOptions = {}): Promise<void> {
  const json: Record<'train' | 'val', CocoJson> = {
    train: { images: [], annotations: [] },
    val: { images: [], annotations: [] },
  }
  await writeScenes(root, options, {
    name: 'coco',
    idOf: (split, index) => String(2 * index + (split === 'train' ? 1 : 2)).padStart(12, '0'),
    files: async ({ id, split, scene, jpeg }) => {
      const { images, annotations } = json[split]
      const imageId = Number(id)
      const { height, width } = scene.image
      images.push({ license: 1, file_name: `${id}.jpg`, height, width, id: imageId })
      annotations.push(...annotationsOf(scene, imageId))
      return { [`${split}2017/${id}.jpg`]: await jpeg() }
    },
    lists: (_, [, ...objects]) => {
      const categories = objects.map((name, i) => ({ supercategory: 'shape', id: categoryId(i + 1), name }))
      const file = ({ images, annotations }: CocoJson) =>
        JSON.stringify({ info: { description: 'synthetic scenes' }, licenses: [], images, annotations, categories })
      return {
        'annotations/instances_train2017.json': file(json.train),
        'annotations/instances_val2017.json': file(json.val),
      }
    },
  })
}

/** 1, 3, 5, …: ids with gaps. */
function categoryId(label: number): number {
  return 2 * label - 1
}

function annotationsOf({ instances, objects }: Scene, imageId: number): unknown[] {
  return objects.map(({ label, instance, box }, i) => {
    const mask = encodeMask(instances, instance)
    const isCrowd = imageId % crowdEvery === 1 && i > 0 && i === objects.length - 1
    return {
      segmentation: isCrowd ? maskToJSON(mask, { compressed: false }) : segmentationOf(instances, instance),
      area: maskArea(mask),
      iscrowd: Number(isCrowd),
      image_id: imageId,
      bbox: [box.left, box.top, box.right - box.left + 1, box.bottom - box.top + 1],
      category_id: categoryId(label),
      id: imageId * 100 + i,
    }
  })
}

function segmentationOf(instances: LabelMap<Uint8Array>, instance: number): unknown {
  const { outlines, hasHoles } = maskOutlines(instances, instance)
  return hasHoles ? maskToJSON(encodeMask(instances, instance)) : outlines
}
