import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import type { Input } from '../predict/find-inputs.js'

/** What COCO results call the images, and where the numbers come from. */
export interface ImageIds {
  /** Throws `regions/no-id` for an image that the file of ids does not list. */
  of(input: Input): number
  readonly source: 'file' | 'names' | 'order'
}

/**
 * Numbers for images: those of a COCO annotation file by file name; else the numbers that their names end in
 * (`COCO_val2014_000000000042.jpg` is 42) where each has its own; else 1, 2, … in order.
 *
 * Throws `regions/no-ids` where the annotation file cannot be read.
 */
export async function imageIds(inputs: readonly Input[], annotations: string | undefined): Promise<ImageIds> {
  if (annotations !== undefined) return idsOfFile(annotations)
  const numbers = inputs.map(({ name }) => Number(/(\d+)$/.exec(name)?.[1] ?? Number.NaN))
  const isUsable = numbers.every(Number.isSafeInteger) && new Set(numbers).size === numbers.length
  const ids = new Map(inputs.map(({ file }, i) => [file, isUsable ? numbers[i] : i + 1]))
  return { source: isUsable ? 'names' : 'order', of: ({ file }) => ids.get(file) ?? 0 }
}

async function idsOfFile(annotations: string): Promise<ImageIds> {
  const ids = new Map<string, number>()
  for (const { file_name, id } of await listedImages(annotations)) ids.set(basename(file_name), id)
  const of = ({ file }: Input) => {
    const id = ids.get(basename(file))
    if (id !== undefined) return id
    const near = nearestName(basename(file), ids.keys())
    throw new PixelwiseError('regions/no-id', {
      what: `${annotations} does not list ${basename(file)}`,
      rule: 'with --ids, every image is one of its images, by file name',
      next: near === undefined ? 'pass the annotations of these images' : `did you mean "${near}"?`,
    })
  }
  return { source: 'file', of }
}

async function listedImages(annotations: string): Promise<{ file_name: string; id: number }[]> {
  try {
    const { images } = JSON.parse(await readFile(annotations, 'utf8'))
    if (Array.isArray(images) && images.every(({ file_name, id }) => typeof file_name === 'string' && id >= 0)) {
      return images
    }
    throw new Error('it has no images with file_name and id')
  } catch (cause) {
    throw new PixelwiseError('regions/no-ids', {
      what: `--ids ${annotations}: ${cause instanceof Error ? cause.message : cause}`,
      rule: 'it is a COCO annotation file, whose images have file_name and id',
      next: 'leave --ids out to take the numbers in the file names',
      cause,
    })
  }
}
