import type { LabelMap, Raster } from '@pixelwise/masks'
import { nearestName, PixelwiseError, type Rng } from '@pixelwise/masks/shared'
import { backgrounds, type Surface } from './backgrounds.js'
import { type Colour, difference, randomColour } from './colour.js'
import { type ObjectDrawing, objectKinds } from './object-kinds.js'

/** What a synthetic scene looks like. */
export interface SceneOptions {
  readonly height: number
  readonly width: number
  /** Names of object classes; label 0 is the background, label i + 1 is `classes[i]`. Default: all of `objectKinds`. */
  readonly classes?: readonly string[]
  /** Fewest and most objects put into the scene. Default 3 and 6. */
  readonly objects?: readonly [fewest: number, most: number]
}

/** A picture with its truth. */
export interface Scene {
  /** `[H, W, 3]`, RGB 0..255. */
  readonly image: Raster<Uint8Array>
  /** Class per pixel; 255 on the outlines, as in PASCAL VOC. */
  readonly labels: LabelMap<Uint8Array>
  /** 0 background, 1, 2, … in the order of `objects`, 255 on the outlines. */
  readonly instances: LabelMap<Uint8Array>
  readonly objects: readonly SceneObject[]
}

/** One visible object of a scene. */
export interface SceneObject {
  readonly className: string
  readonly label: number
  readonly instance: number
  /** Inclusive pixel bounds of the visible part, outline excluded. */
  readonly box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }
}

/** Label of the outlines, which no score counts. */
const voidLabel = 255

/** Half the width of the void outline, in pixels. */
const voidHalfWidth = 0.75

/** Objects of which fewer pixels than this remain visible are not listed as instances; their pixels become void. */
const fewestVisiblePixels = 12

interface Placement {
  readonly label: number
  readonly className: string
  readonly drawing: ObjectDrawing
  readonly row: number
  readonly column: number
  readonly radius: number
  readonly angle: number
}

/**
 * Draws a random scene: several objects that overlap, on a textured ground, lit from one side, with exact truth.
 *
 * Classes differ in outline and texture; colours are drawn from one range for all classes and for the ground, so that
 * telling pixels by colour fails and looking at their surroundings succeeds. Equal generators give equal scenes.
 *
 * Throws `synthetic/unknown-class` for a class that cannot be drawn, `synthetic/duplicate-class` and `synthetic/bad-size` for sides below 16 pixels.
 *
 * @example
 * const { image, labels } = synthesizeScene(new Rng(1), { height: 96, width: 96 })
 */
export function synthesizeScene(rng: Rng, options: SceneOptions): Scene {
  const { height, width, classes = Object.keys(objectKinds), objects: [fewest, most] = [3, 6] } = options
  checkOptions(height, width, classes)
  const ground = drawGround(rng.split('ground'), height, width)
  const light = rng.split('light').uniform(Math.PI, 2 * Math.PI)
  const placements = placeObjects(rng.split('objects'), height, width, classes, fewest, most, ground)

  const canvas = ground
  const labels = new Uint8Array(height * width)
  const ids = new Uint8Array(height * width)
  placements.forEach((placement, i) => {
    castShadow(canvas, height, width, placement, light)
    paintObject(canvas, labels, ids, height, width, placement, i + 1, light)
  })
  const objects = visibleObjects(ids, labels, height, width, placements)
  return {
    image: { height, width, channels: 3, data: expose(canvas, height, width, light, rng.split('camera')) },
    labels: { height, width, labels },
    instances: { height, width, labels: ids },
    objects,
  }
}

function checkOptions(height: number, width: number, classes: readonly string[]): void {
  if (!(height >= 16 && width >= 16)) {
    throw new PixelwiseError('synthetic/bad-size', {
      what: `a scene of ${height}×${width} pixels`,
      rule: 'scenes have at least 16 pixels on each side',
      next: 'ask for a larger height and width',
    })
  }
  const twice = classes.find((name, i) => classes.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new PixelwiseError('synthetic/duplicate-class', {
      what: `the object class "${twice}" stands twice among ${classes.join(', ')}`,
      rule: 'a class has one label',
      next: 'name it once',
    })
  }
  for (const name of classes) {
    if (name in objectKinds) continue
    const near = nearestName(name, Object.keys(objectKinds))
    throw new PixelwiseError('synthetic/unknown-class', {
      what: `unknown object class "${name}"`,
      rule: `known: ${Object.keys(objectKinds).join(', ')}`,
      next: near === undefined ? 'choose among these' : `did you mean "${near}"?`,
    })
  }
}

function drawGround(rng: Rng, height: number, width: number): Float32Array {
  const surface: Surface = backgrounds[rng.pick(Object.keys(backgrounds))](rng)
  const size = Math.min(height, width)
  const shiftX = rng.uniform(0, 4)
  const canvas = new Float32Array(height * width * 3)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      canvas.set(surface(column / size + shiftX, row / size), (row * width + column) * 3)
    }
  }
  return canvas
}

/** Chooses what stands where: the emptiest of three random places each, so that objects overlap in part, seldom wholly. */
function placeObjects(
  rng: Rng,
  height: number,
  width: number,
  classes: readonly string[],
  fewest: number,
  most: number,
  ground: Float32Array,
): Placement[] {
  const size = Math.min(height, width)
  const placements: Placement[] = []
  const count = fewest + rng.integer(most - fewest + 1)
  for (let i = 0; i < count; i++) {
    const className = rng.pick(classes)
    const base = size * rng.uniform(0.16, 0.28)
    const places = Array.from({ length: 3 }, () => ({ row: rng.uniform(0, height), column: rng.uniform(0, width) }))
    const place = best(places, ({ row, column }) =>
      Math.min(
        size,
        ...placements.map((other) => Math.hypot(row - other.row, column - other.column) - base - other.radius),
      ),
    )
    const behind = colourAt(ground, width, Math.floor(place.row), Math.floor(place.column))
    const paint = best(
      Array.from({ length: 3 }, () => randomColour(rng)),
      (colour) => Math.min(0.25, difference(colour, behind)),
    )
    const drawing = objectKinds[className](paint, rng.split(`object ${i}`))
    const angle = rng.uniform(0, 2 * Math.PI)
    placements.push({
      label: classes.indexOf(className) + 1,
      className,
      drawing,
      ...place,
      radius: base * drawing.relativeSize,
      angle,
    })
  }
  return placements
}

function best<T>(candidates: readonly T[], score: (candidate: T) => number): T {
  return candidates.reduce((leader, candidate) => (score(candidate) > score(leader) ? candidate : leader))
}

function colourAt(canvas: Float32Array, width: number, row: number, column: number): Colour {
  const i = (row * width + column) * 3
  return [canvas[i], canvas[i + 1], canvas[i + 2]]
}

/** Calls `visit` for every pixel near an object with the pixel's place in the object's frame (in radii). */
function forPixelsNear(
  { row, column, radius, angle }: Placement,
  reach: number,
  height: number,
  width: number,
  visit: (pixel: number, x: number, y: number) => void,
): void {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const extent = radius + reach
  for (let i = Math.max(0, Math.floor(row - extent)); i <= Math.min(height - 1, Math.ceil(row + extent)); i++) {
    for (let j = Math.max(0, Math.floor(column - extent)); j <= Math.min(width - 1, Math.ceil(column + extent)); j++) {
      const dx = (j + 0.5 - column) / radius
      const dy = (i + 0.5 - row) / radius
      visit(i * width + j, dx * cos + dy * sin, dy * cos - dx * sin)
    }
  }
}

/** Darkens what lies beside the object, away from the light, with a soft edge. */
function castShadow(canvas: Float32Array, height: number, width: number, placement: Placement, light: number): void {
  const { radius, drawing } = placement
  const length = 0.28 * radius
  const softness = 0.3
  const shadow = {
    ...placement,
    row: placement.row - length * Math.sin(light),
    column: placement.column - length * Math.cos(light),
  }
  forPixelsNear(shadow, radius * softness, height, width, (pixel, x, y) => {
    const cover = Math.min(1, Math.max(0, 0.5 - drawing.outline(x, y) / softness))
    for (let c = 0; c < 3; c++) canvas[pixel * 3 + c] *= 1 - 0.5 * cover
  })
}

function paintObject(
  canvas: Float32Array,
  labels: Uint8Array,
  ids: Uint8Array,
  height: number,
  width: number,
  placement: Placement,
  instance: number,
  light: number,
): void {
  const { radius, drawing, angle, label } = placement
  const lightX = Math.cos(light - angle)
  const lightY = Math.sin(light - angle)
  forPixelsNear(placement, 2, height, width, (pixel, x, y) => {
    const distance = drawing.outline(x, y) * radius
    const cover = Math.min(1, Math.max(0, 0.5 - distance))
    if (cover > 0) {
      const colour = drawing.paint(x, y, lightX, lightY)
      for (let c = 0; c < 3; c++) canvas[pixel * 3 + c] += (colour[c] - canvas[pixel * 3 + c]) * cover
    }
    if (distance > voidHalfWidth) return
    const onOutline = distance > -voidHalfWidth
    labels[pixel] = onOutline ? voidLabel : label
    ids[pixel] = onOutline ? voidLabel : instance
  })
}

/** Lists the objects that can be seen and renumbers their instances without gaps; slivers become void. */
function visibleObjects(
  ids: Uint8Array,
  labels: Uint8Array,
  height: number,
  width: number,
  placements: readonly Placement[],
): SceneObject[] {
  const bounds = placements.map(() => ({ left: width, top: height, right: -1, bottom: -1, pixels: 0 }))
  for (let pixel = 0; pixel < ids.length; pixel++) {
    if (ids[pixel] === 0 || ids[pixel] === voidLabel) continue
    const bound = bounds[ids[pixel] - 1]
    const row = Math.floor(pixel / width)
    const column = pixel - row * width
    bound.left = Math.min(bound.left, column)
    bound.right = Math.max(bound.right, column)
    bound.top = Math.min(bound.top, row)
    bound.bottom = Math.max(bound.bottom, row)
    bound.pixels++
  }
  const objects: SceneObject[] = []
  const renumbered = bounds.map(({ left, top, right, bottom, pixels }, i) => {
    if (pixels < fewestVisiblePixels) return voidLabel
    const { className, label } = placements[i]
    objects.push({ className, label, instance: objects.length + 1, box: { left, top, right, bottom } })
    return objects.length
  })
  for (let pixel = 0; pixel < ids.length; pixel++) {
    if (ids[pixel] === 0 || ids[pixel] === voidLabel) continue
    ids[pixel] = renumbered[ids[pixel] - 1]
    if (ids[pixel] === voidLabel) labels[pixel] = voidLabel
  }
  return objects
}

/** Light falls off across the scene, the sensor adds a little noise, and the picture becomes 8 bits. */
function expose(canvas: Float32Array, height: number, width: number, light: number, rng: Rng): Uint8Array {
  const data = new Uint8Array(canvas.length)
  const slope = rng.uniform(0.1, 0.35)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const along = ((column / width - 0.5) * Math.cos(light) + (row / height - 0.5) * Math.sin(light)) * slope
      const grain = rng.uniform(-0.02, 0.02)
      for (let c = 0; c < 3; c++) {
        const i = (row * width + column) * 3 + c
        data[i] = Math.min(255, Math.max(0, Math.round(255 * (canvas[i] * (1 + along) + grain))))
      }
    }
  }
  return data
}
