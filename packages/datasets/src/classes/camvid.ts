import { classList } from './class-list.js'

/** The palette of CamVid's 11 grouped classes; label 11 (void) is black. */
const colours = [
  [128, 128, 128],
  [128, 0, 0],
  [192, 192, 128],
  [128, 64, 128],
  [60, 40, 222],
  [128, 128, 0],
  [192, 128, 128],
  [64, 64, 128],
  [64, 0, 128],
  [64, 64, 0],
  [0, 128, 192],
  [0, 0, 0],
]

const palette = new Uint8Array(768)
palette.set(colours.flat())

/** The 11 grouped classes of CamVid as SegNet's label PNGs number them; 11 is void. Source: Badrinarayanan et al. 2017. */
export const camvidClasses = classList(
  ['sky', 'building', 'pole', 'road', 'pavement', 'tree', 'sign', 'fence', 'car', 'pedestrian', 'bicyclist'],
  { ignoreLabel: 11, palette },
)
