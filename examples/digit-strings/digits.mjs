import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'

/** Side of an MNIST digit in pixels; the digit itself fills the middle 20. */
export const side = 28

/** The digits of MNIST's idx files: `{ count, label(i), pixels(i) }`, pixels 28×28, 0..255, white on black. */
export async function readMnist(imagesFile, labelsFile) {
  const images = gunzipSync(await readFile(imagesFile))
  const labels = gunzipSync(await readFile(labelsFile))
  const count = images.readUInt32BE(4)
  if (images.readUInt32BE(0) !== 0x803 || labels.readUInt32BE(0) !== 0x801 || labels.readUInt32BE(4) !== count) {
    throw new Error(`${imagesFile} and ${labelsFile} are not idx files of the same digits`)
  }
  return {
    count,
    label: (i) => labels[8 + i],
    pixels: (i) => images.subarray(16 + i * side * side, 16 + (i + 1) * side * side),
  }
}

/**
 * A picture of some digits side by side, at distances that vary: `{ image, text, starts }`.
 *
 * Neighbours share their empty margins, and each digit sits up to 4 pixels lower than others.
 */
export function composeString(mnist, rng, length) {
  const height = side + 4
  const starts = []
  let x = rng.integer(5)
  for (let i = 0; i < length; i++) {
    starts.push(x)
    x += 20 + rng.integer(7)
  }
  const width = starts.at(-1) + side + rng.integer(5)
  const data = new Uint8Array(height * width)
  let text = ''
  for (const start of starts) {
    const digit = rng.integer(mnist.count)
    text += mnist.label(digit)
    paste(mnist.pixels(digit), data, width, start, rng.integer(5))
  }
  return { image: { height, width, channels: 1, data }, text, starts }
}

function paste(pixels, data, width, left, top) {
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = (top + row) * width + left + column
      data[at] = Math.max(data[at], pixels[row * side + column])
    }
  }
}
