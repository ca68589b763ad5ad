import type { Dataset, Sample } from '@pixelwise/datasets'
import { PixelwiseError } from '@pixelwise/masks/shared'

/** What reading every example of a data set once tells. */
export interface Survey {
  readonly examples: number
  readonly problems: readonly { readonly id: string; readonly code: string; readonly message: string }[]
  /** Smallest and largest height and width, in pixels; null when no example could be read. */
  readonly sizes: { readonly height: readonly [number, number]; readonly width: readonly [number, number] } | null
  /** Mean red, green and blue over all pixels, 0..255. */
  readonly mean: readonly [number, number, number]
  readonly classes: readonly ClassBalance[]
  /** Share of labelled pixels that carry the ignore label, 0..1. */
  readonly ignored: number
}

export interface ClassBalance {
  readonly name: string
  readonly pixels: number
  /** Of the pixels that count, 0..1. */
  readonly share: number
  /** Examples in which the class occurs. */
  readonly examples: number
}

/** Reads the examples of all splits, each id once, and sums up; one that cannot be read is a problem, not an end. */
export async function survey(
  splits: readonly Dataset[],
  onProgress: (done: number, total: number) => void,
): Promise<Survey> {
  const owners = new Map(splits.flatMap((split) => split.ids.map((id) => [id, split] as const)))
  const names = splits[0]?.classes.names ?? []
  const sums = new Sums(names, splits[0]?.classes.ignoreLabel)
  const problems: { id: string; code: string; message: string }[] = []
  let done = 0
  for (const [id, split] of owners) {
    try {
      sums.add(await split.byId(id))
    } catch (error) {
      if (!(error instanceof PixelwiseError)) throw error
      problems.push({ id, code: error.code, message: error.message })
    }
    onProgress(++done, owners.size)
  }
  return { examples: owners.size, problems, ...sums.result() }
}

class Sums {
  readonly #names: readonly string[]
  readonly #ignoreLabel: number | undefined
  readonly #colour: [number, number, number] = [0, 0, 0]
  readonly #pixels: Float64Array
  readonly #examples: Float64Array
  #imagePixels = 0
  #ignored = 0
  #heights: number[] = []
  #widths: number[] = []

  constructor(names: readonly string[], ignoreLabel: number | undefined) {
    this.#names = names
    this.#ignoreLabel = ignoreLabel
    this.#pixels = new Float64Array(names.length)
    this.#examples = new Float64Array(names.length)
  }

  add({ image, labels }: Sample): void {
    for (let i = 0; i < image.data.length; i++) this.#colour[i % 3] += image.data[i]
    this.#imagePixels += image.height * image.width
    this.#heights = range([...this.#heights, image.height])
    this.#widths = range([...this.#widths, image.width])
    if (labels === undefined) return
    const counts = new Float64Array(this.#names.length)
    for (const label of labels.labels) {
      if (label === this.#ignoreLabel) this.#ignored++
      else counts[label]++
    }
    for (const [c, count] of counts.entries()) {
      this.#pixels[c] += count
      if (count > 0) this.#examples[c]++
    }
  }

  result(): Pick<Survey, 'sizes' | 'mean' | 'classes' | 'ignored'> {
    const counted = this.#pixels.reduce((sum, pixels) => sum + pixels, 0)
    const [red, green, blue] = this.#colour.map((sum) => sum / this.#imagePixels)
    const [height, width] = [this.#heights, this.#widths].map(([low, high]) => [low, high] as const)
    return {
      sizes: this.#imagePixels === 0 ? null : { height, width },
      mean: [red, green, blue],
      classes: this.#names.map((name, c) => ({
        name,
        pixels: this.#pixels[c],
        share: this.#pixels[c] / counted,
        examples: this.#examples[c],
      })),
      ignored: this.#ignored / (counted + this.#ignored),
    }
  }
}

function range(values: readonly number[]): number[] {
  return [Math.min(...values), Math.max(...values)]
}
