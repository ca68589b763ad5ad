import { encodeMask } from '@pixelwise/masks'
import { instanceAreas } from '@pixelwise/pairwise-regions'

/** The objects of an instance map as masks with their areas, without those smaller than so many pixels. */
export function truthsOf({ height, width, labels }, smallest) {
  return [...instanceAreas({ labels })]
    .filter(([, area]) => area >= smallest)
    .map(([instance, area]) => ({
      instance,
      area,
      mask: encodeMask({ height, width, labels: Uint8Array.from(labels, (label) => Number(label === instance)) }),
    }))
}
