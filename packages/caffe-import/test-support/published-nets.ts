import { existsSync, readFileSync } from 'node:fs'
import { decodeImage } from '@pixelwise/datasets'
import { inputValues } from './net-cases.js'

/** A net whose text was published, for one input size or several, run here and in OpenCV. */
export interface PublishedCase {
  readonly name: string
  readonly net: string
  /** Published weights; random ones when left out. */
  readonly weights?: URL
  readonly sizes: readonly (readonly [height: number, width: number])[]
  readonly outputs: readonly string[]
  /** Input of one run, `[1, C, H, W]`. */
  values(run: number): Promise<Float32Array>
}

const data = new URL('../../../../shared/data/', import.meta.url)

/** Widths of AlexNet and GoogLeNet are divided by `slim`. Where the published files are not at hand there are no cases. */
export function publishedCases(folder: URL = data, slim = 8): PublishedCase[] {
  if (!existsSync(folder)) return []
  return [
    ...sized(
      folder,
      slim,
      'bvlc_alexnet',
      ['fc8', 'prob'],
      [
        [227, 227],
        [195, 227],
        [259, 243],
      ],
    ),
    ...sized(
      folder,
      slim,
      'bvlc_googlenet',
      ['loss3/classifier', 'prob'],
      [
        [224, 224],
        [224, 256],
        [288, 256],
      ],
    ),
    squeezeNet(folder),
  ]
}

/** Fully connected layers hold one size, so each size is a net of its own. */
function sized(
  folder: URL,
  slim: number,
  file: string,
  outputs: readonly string[],
  sizes: readonly (readonly [number, number])[],
): PublishedCase[] {
  const text = readFileSync(new URL(`imagenet_photos/${file}.prototxt`, folder), 'utf8')
  const narrow = text.replaceAll(/num_output: (\d+)/g, (_, width) => `num_output: ${Number(width) / slim}`)
  return sizes.map(([height, width]) => ({
    name: `${file}/${height}x${width}`,
    net: narrow.replace(
      /input_dim: \d+\s+input_dim: 3\s+input_dim: \d+\s+input_dim: \d+/,
      `input_dim: 1 input_dim: 3 input_dim: ${height} input_dim: ${width}`,
    ),
    sizes: [[height, width]],
    outputs,
    values: async () => inputValues('data', 3, [height, width]),
  }))
}

export const photos = [
  'cat.jpg',
  'fish-bike.jpg',
  'deepmask_testImage.jpg',
  'googlenet_0.jpg',
  'googlenet_1.jpg',
] as const

function squeezeNet(folder: URL): PublishedCase {
  const at = (name: string) => new URL(`squeezenet_v1.0_deepcompression/${name}`, folder)
  return {
    name: 'squeezenet/photos',
    net: readFileSync(at('SqueezeNet_deploy.prototxt'), 'utf8'),
    weights: at('squeezenet_v1.0_deepcompression.caffemodel'),
    sizes: photos.map(() => [227, 227] as const),
    outputs: ['pool_final'],
    values: (run) => photoValues(new URL(`imagenet_photos/${photos[run]}`, folder)),
  }
}

/** A photo as the net takes it: 227×227 by nearest neighbours, BGR, mean 104, 117, 123 taken off. */
async function photoValues(url: URL): Promise<Float32Array> {
  const { height, width, data: pixels } = await decodeImage(readFileSync(url))
  const size = 227
  const mean = [104, 117, 123]
  const values = new Float32Array(3 * size * size)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const source = Math.floor(((y + 0.5) * height) / size) * width + Math.floor(((x + 0.5) * width) / size)
      for (let c = 0; c < 3; c++) values[(c * size + y) * size + x] = pixels[source * 3 + 2 - c] - mean[c]
    }
  }
  return values
}
