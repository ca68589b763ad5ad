import { classList } from './class-list.js'

/** The 40 classes of NYUDv2 as Gupta et al. 2013 define them; spelling as published. 255 is void. */
export const nyud40Classes = classList([
  'wall',
  'floor',
  'cabinet',
  'bed',
  'chair',
  'sofa',
  'table',
  'door',
  'window',
  'bookshelf',
  'picture',
  'counter',
  'blinds',
  'desk',
  'shelves',
  'curtain',
  'dresser',
  'pillow',
  'mirror',
  'floor mat',
  'clothes',
  'ceiling',
  'books',
  'refridgerator',
  'television',
  'paper',
  'towel',
  'shower curtain',
  'box',
  'whiteboard',
  'person',
  'night stand',
  'toilet',
  'sink',
  'lamp',
  'bathtub',
  'bag',
  'otherstructure',
  'otherfurniture',
  'otherprop',
])

/** Means that the published NYUDv2 nets subtract; colour as red, green, blue 0..255. Source: Long 2016, reference data layer. */
export const nyudMeans = {
  colour: [92.318, 97.203, 116.19],
  /** Disparity, height above ground, angle with gravity, 0..255. */
  hha: [132.431, 94.076, 118.477],
  /** Mean natural logarithm of depth in millimetres. */
  logDepth: 7.844,
} as const
