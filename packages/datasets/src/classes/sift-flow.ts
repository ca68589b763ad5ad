import { classList } from './class-list.js'

/** The 33 semantic classes of SIFT Flow; 255 is void. Cow, desert and moon do not occur in the test split. */
export const siftFlowClasses = classList([
  'awning',
  'balcony',
  'bird',
  'boat',
  'bridge',
  'building',
  'bus',
  'car',
  'cow',
  'crosswalk',
  'desert',
  'door',
  'fence',
  'field',
  'grass',
  'moon',
  'mountain',
  'person',
  'plant',
  'pole',
  'river',
  'road',
  'rock',
  'sand',
  'sea',
  'sidewalk',
  'sign',
  'sky',
  'staircase',
  'streetlight',
  'sun',
  'tree',
  'window',
])

/** The three geometric classes of SIFT Flow; 255 is void. */
export const siftFlowGeometricClasses = classList(['sky', 'horizontal', 'vertical'])

/** Mean red, green, blue of SIFT Flow, 0..255. Source: Long 2016, reference data layer. */
export const siftFlowMean: readonly [number, number, number] = [108.353, 115.294, 114.578]
