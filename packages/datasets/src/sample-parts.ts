import type { LabelData, LabelMap, Raster, RasterData } from '@pixelwise/masks'
import type { Sample } from './dataset.js'

/** The pictures of a sample, by field. */
export type PictureKind = 'image' | 'depth' | 'hha'

/**
 * Applies one change to every picture and one to every label map of a sample; its id stays.
 *
 * Loaders' extra fields (boxes) are not carried over, as they would no longer fit.
 */
export function mapParts(
  { id, image, labels, instances, geometric, depth, hha }: Sample,
  changePicture: <Data extends RasterData>(picture: Raster<Data>, kind: PictureKind) => Raster<Data>,
  changeLabels: <Labels extends LabelData>(map: LabelMap<Labels>) => LabelMap<Labels>,
): Sample {
  return {
    id,
    image: changePicture(image, 'image'),
    ...(labels && { labels: changeLabels(labels) }),
    ...(instances && { instances: changeLabels(instances) }),
    ...(geometric && { geometric: changeLabels(geometric) }),
    ...(depth && { depth: changePicture(depth, 'depth') }),
    ...(hha && { hha: changePicture(hha, 'hha') }),
  }
}
