import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { labelsFromColours, vocPalette } from '@pixelwise/datasets'
import { readImage } from '@pixelwise/datasets/node'
import { describe, expect, test } from 'vitest'
import { colourize } from './colourize.js'
import { overlay } from './overlay.js'

const demo = fileURLToPath(new URL('../../../../../shared/data/fcn_repo/demo/', import.meta.url))

describe.skipIf(!existsSync(demo))('against the pictures that the FCN authors published (needs shared/data)', () => {
  test('our colours of their labels are their picture', async () => {
    const published = await readImage(`${demo}output.png`)
    const labels = labelsFromColours(published, vocPalette())
    expect(Buffer.compare(colourize(labels, vocPalette()).data, published.data)).toBe(0)
  })

  // Theirs is a JPEG file: away from the labels it differs from the image by 3.8 of 255 on average, which is what its
  // compression costs. On the labels the distance is least, and of that order, only for their share of one half.
  test('our overlay is their overlay, up to its JPEG compression', async () => {
    const image = await readImage(`${demo}image.jpg`)
    const published = await readImage(`${demo}visualization.jpg`)
    const labels = labelsFromColours(await readImage(`${demo}output.png`), vocPalette())
    const distance = (alpha: number) => {
      const ours = overlay(image, labels, { palette: vocPalette(), alpha })
      let sum = 0
      let count = 0
      for (let i = 0; i < ours.data.length; i++) {
        if (labels.labels[Math.floor(i / 3)] === 0) continue
        sum += Math.abs(ours.data[i] - published.data[i])
        count++
      }
      return sum / count
    }
    expect(distance(0.5)).toBeLessThan(5.6)
    for (const alpha of [0.45, 0.48, 0.52, 0.55]) expect(distance(alpha)).toBeGreaterThan(distance(0.5) + 0.3)
  })
})
