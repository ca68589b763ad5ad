/**
 * Images of overlapping shapes with exact truth, drawn from a generator: three to six ellipses, turned rectangles and
 * triangles of few colours, so that neighbours often share theirs, each with a darker contour of one pixel, under noise.
 *
 * Colours are 0..255; instances are numbered from the back to the front.
 */
export function drawShapes(rng, size) {
  const palette = [0, 1, 2].map(() => randomColour(rng))
  const instances = new Uint8Array(size * size)
  const canvas = new Float32Array(size * size * 3)
  paintGround(canvas, randomColour(rng))
  const count = 3 + rng.integer(4)
  for (let number = 1; number <= count; number++) {
    const shape = randomShape(rng, size)
    paint(canvas, instances, size, shape, rng.pick(palette), number)
  }
  const data = Uint8Array.from(canvas, (value) =>
    Math.round(255 * Math.min(1, Math.max(0, value + rng.normal(0, noise)))),
  )
  return {
    image: { height: size, width: size, channels: 3, data },
    instances: { height: size, width: size, labels: instances },
  }
}

const noise = 0.06
const contour = 0.6

function randomColour(rng) {
  return [0, 1, 2].map(() => rng.uniform(0, 1))
}

function paintGround(canvas, colour) {
  for (let i = 0; i < canvas.length; i++) canvas[i] = colour[i % 3]
}

/** Half axes of 5 to 16 pixels in an image of 64, and in proportion in others. */
function randomShape(rng, size) {
  const axis = () => rng.uniform(5, 16) * (size / 64)
  return {
    kind: rng.pick(['ellipse', 'rectangle', 'triangle']),
    row: rng.uniform(0, size),
    column: rng.uniform(0, size),
    axes: [axis(), axis()],
    angle: rng.uniform(0, Math.PI),
  }
}

function paint(canvas, instances, size, shape, colour, number) {
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const depth = depthIn(shape, row + 0.5, column + 0.5)
      if (depth < 0) continue
      const pixel = row * size + column
      const shade = depth < 1 ? contour : 1
      for (let c = 0; c < 3; c++) canvas[pixel * 3 + c] = colour[c] * shade
      instances[pixel] = number
    }
  }
}

/** About how many pixels a point lies inside a shape; negative outside. */
function depthIn({ kind, row, column, axes: [a, b], angle }, y, x) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const u = (x - column) * cos + (y - row) * sin
  const v = (y - row) * cos - (x - column) * sin
  if (kind === 'ellipse') return (1 - Math.hypot(u / a, v / b)) * Math.min(a, b)
  if (kind === 'rectangle') return Math.min(a - Math.abs(u), b - Math.abs(v))
  // An isosceles triangle with its base below: the distances from the base and from both legs.
  const leg = Math.hypot(2 * b, a)
  return Math.min(b - v, ((b + v) * a - 2 * b * Math.abs(u)) / leg)
}
