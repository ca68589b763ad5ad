import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { encodePng } from '@pixelwise/datasets'
import type { Raster } from '@pixelwise/masks'
import { type PathwayRegions, type Proposal, regionPlane } from '@pixelwise/pairwise-regions'
import { mosaic, overlayMasks, spotlight } from '@pixelwise/visuals'
import { cannotWrite, writeAside } from '../output/write-aside.js'

/** Writes the best proposals over the image (`NAME.png`) and each in a picture of its own (`NAME-mosaic.png`). */
export async function drawProposals(
  folder: string,
  name: string,
  image: Raster,
  proposals: readonly Proposal[],
  shown: number,
): Promise<void> {
  const best = proposals.slice(0, shown)
  const masks = best.map(({ mask }) => mask)
  await write(join(folder, `${name}.png`), overlayMasks(image, masks))
  if (best.length === 0) return
  await write(join(folder, `${name}-mosaic.png`), mosaic(masks.map((mask) => spotlight(image, mask))))
}

/** Writes all regions of every pathway, laid out as they lie in the image: `NAME-PATHWAY.png`; the planes of Long 2016, Figure 4.5. */
export async function drawPlanes(
  folder: string,
  name: string,
  image: Raster,
  pathways: readonly (PathwayRegions & { readonly name: string })[],
): Promise<void> {
  for (const { name: pathway, regions } of pathways) {
    await write(join(folder, `${name}-${pathway}.png`), regionPlane(regions, image, { every: thinning(regions.grid) }))
  }
}

/** Regions on a side beyond which a plane would be too fine to be looked at. */
const mostOnSide = 80

function thinning(grid: readonly [number, number]): number {
  return Math.ceil(Math.max(...grid) / mostOnSide)
}

async function write(file: string, picture: Raster<Uint8Array>): Promise<void> {
  await mkdir(dirname(file), { recursive: true }).catch((cause) => {
    throw cannotWrite(file, cause)
  })
  await writeAside(file, encodePng(picture))
}
