import type { Dataset } from '@pixelwise/datasets'
import type { LabelMap, Raster } from '@pixelwise/masks'

/** Labels an image without looking at any pixel's surroundings. */
export interface Baseline {
  readonly name: string
  predict(image: Raster): LabelMap<Uint8Array>
}

/** Levels per colour channel that the colour classifier tells apart. */
const levels = 16

/**
 * The two methods that a net must beat by far to be said to see: every pixel the most frequent class, and every pixel
 * the class that its colour is most often (16×16×16 colours, counted over the whole training set).
 */
export async function learnBaselines(train: Dataset): Promise<Baseline[]> {
  const classes = train.classes.names.length
  const ofColour = new Float64Array(levels ** 3 * classes)
  const ofClass = new Float64Array(classes)
  for (let i = 0; i < train.length; i++) {
    const { image, labels } = await train.at(i)
    labels?.labels.forEach((label, pixel) => {
      if (label >= classes) return
      ofClass[label]++
      ofColour[colourOf(image, pixel) * classes + label]++
    })
  }
  const majority = largest(ofClass)
  const bestOfColour = Uint8Array.from({ length: levels ** 3 }, (_, colour) => {
    const counts = ofColour.subarray(colour * classes, (colour + 1) * classes)
    return counts.some((count) => count > 0) ? largest(counts) : majority
  })
  return [
    {
      name: 'colour of the pixel',
      predict: (image) => labelEach(image, (pixel) => bestOfColour[colourOf(image, pixel)]),
    },
    { name: 'most frequent class', predict: (image) => labelEach(image, () => majority) },
  ]
}

function labelEach({ height, width }: Raster, label: (pixel: number) => number): LabelMap<Uint8Array> {
  return { height, width, labels: Uint8Array.from({ length: height * width }, (_, pixel) => label(pixel)) }
}

function colourOf({ data, channels }: Raster, pixel: number): number {
  const level = (channel: number) => (data[pixel * channels + channel] * levels) >> 8
  return (level(0) * levels + level(1)) * levels + level(2)
}

function largest(values: Float64Array): number {
  return values.indexOf(Math.max(...values))
}
