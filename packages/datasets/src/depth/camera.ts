/**
 * A pinhole camera without distortion: pixel (row, column), counted from **1** as in the published calibrations, at depth
 * Z shows the point ((column − centreX)·Z / focalX, (row − centreY)·Z / focalY, Z), x to the right and y downwards.
 */
export interface Camera {
  /** Focal lengths and principal point in pixels. */
  readonly focalX: number
  readonly focalY: number
  readonly centreX: number
  readonly centreY: number
}

/** The Kinect's colour camera of NYUDv2's 480×640 frames, to which the labelled depth maps are aligned. Source: NYU Depth Toolbox v2. */
export const nyudColourCamera: Camera = {
  focalX: 518.85790117450188,
  focalY: 519.46961112127485,
  centreX: 325.58244941119034,
  centreY: 253.73616633400465,
}

/** The Kinect's depth camera of NYUDv2's raw 480×640 frames. Source: NYU Depth Toolbox v2. */
export const nyudDepthCamera: Camera = {
  focalX: 582.62448167737955,
  focalY: 582.69103270988637,
  centreX: 313.04475870804731,
  centreY: 238.44389626620386,
}

/** The part of NYUDv2's 480×640 frames that the prepared 425×560 pictures show: 45 rows and 40 columns are cut off at the top left. */
export const nyudCrop = { top: 45, left: 40, height: 425, width: 560 } as const

/** The camera of a picture of which rows and columns were cut off at the top left. */
export function cropCamera(camera: Camera, { top, left }: { readonly top: number; readonly left: number }): Camera {
  return { ...camera, centreX: camera.centreX - left, centreY: camera.centreY - top }
}
