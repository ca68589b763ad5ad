import { classList } from './class-list.js'

/** The 20 object classes of PASCAL VOC after the background; 255 is void. */
export const vocClasses = classList([
  'background',
  'aeroplane',
  'bicycle',
  'bird',
  'boat',
  'bottle',
  'bus',
  'car',
  'cat',
  'chair',
  'cow',
  'diningtable',
  'dog',
  'horse',
  'motorbike',
  'person',
  'pottedplant',
  'sheep',
  'sofa',
  'train',
  'tvmonitor',
])

/** Mean red, green, blue of the ImageNet training images (ILSVRC 2012), which the published FCNs subtract, 0..255. */
export const imagenetMean: readonly [number, number, number] = [122.67891434, 116.66876762, 104.00698793]
