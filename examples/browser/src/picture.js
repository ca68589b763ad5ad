/** Longest side, in pixels, at which a picture is labelled: larger ones are scaled down. */
const longestSide = 640

const canvas = new OffscreenCanvas(1, 1)

/** Draws a picture, bitmap or video frame and gives its pixels as a raster, RGB 0..255. */
export function rasterOf(source, width, height) {
  const scale = Math.min(1, longestSide / Math.max(width, height))
  canvas.width = Math.max(1, Math.round(width * scale))
  canvas.height = Math.max(1, Math.round(height * scale))
  const context = canvas.getContext('2d', { willReadFrequently: true })
  context.drawImage(source, 0, 0, canvas.width, canvas.height)
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
  const rgb = new Uint8Array((data.length / 4) * 3)
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    rgb[to] = data[from]
    rgb[to + 1] = data[from + 1]
    rgb[to + 2] = data[from + 2]
  }
  return { height: canvas.height, width: canvas.width, channels: 3, data: rgb }
}

/** The label that leaves a picture as it is, as in the overlays of `pixelwise predict`. */
export const background = 0

/** Puts labels over a picture: `opacity` of their colour, the rest of the picture; nothing over the background. */
export function paint(target, { height, width, data }, { labels }, colourOf, opacity) {
  const pixels = new ImageData(width, height)
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const colour = colourOf(labels[pixel])
    const share = labels[pixel] === background ? 0 : opacity
    for (let channel = 0; channel < 3; channel++) {
      const shown = data[3 * pixel + channel]
      pixels.data[4 * pixel + channel] = shown + share * (colour[channel] - shown)
    }
    pixels.data[4 * pixel + 3] = 255
  }
  target.width = width
  target.height = height
  target.getContext('2d').putImageData(pixels, 0, 0)
}

/** Each label's share of the pixels, the largest first. */
export function shares({ labels }) {
  const counts = new Map()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts]
    .map(([label, count]) => ({ label, share: count / labels.length }))
    .sort((a, b) => b.share - a.share)
}
