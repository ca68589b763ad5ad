import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Problem } from '../checks/problem.js'
import {
  type CocoCategory,
  type CocoImage,
  type CocoObject,
  parseCocoAnnotationIds,
  parseCocoCategory,
  parseCocoImage,
  parseCocoObject,
} from '../formats/coco-json.js'
import { JsonElements } from '../formats/json-elements.js'
import { readBytes } from './files.js'

/** Where an annotation lies in the file. */
interface Span {
  readonly offset: number
  readonly length: number
}

/**
 * A COCO annotation file by image: images and categories in memory, annotations as places in the file, read when asked for.
 *
 * The file is streamed once; 450 MB of train2014 take a few dozen megabytes.
 */
export class CocoIndex {
  readonly file: string
  readonly images = new Map<number, CocoImage>()
  readonly categories: CocoCategory[] = []
  readonly problems: Problem[] = []
  readonly #spans = new Map<number, Span[]>()
  readonly #annotationIds = new Set<number>()

  private constructor(file: string) {
    this.file = file
  }

  /** Streams a file. Rejects with `file/missing`, `json/damaged`, `coco/bad-record`. */
  static async open(file: string): Promise<CocoIndex> {
    const index = new CocoIndex(file)
    const counts = { images: 0, categories: 0, annotations: 0 }
    const scanner = new JsonElements(['images', 'annotations', 'categories'], file, ({ key, bytes, offset }) => {
      if (key === 'images') index.#addImage(parseCocoImage(bytes, `image ${counts.images++} of ${file}`))
      else if (key === 'categories')
        index.categories.push(parseCocoCategory(bytes, `category ${counts.categories++} of ${file}`))
      else {
        const { imageId, id } = parseCocoAnnotationIds(bytes, `annotation ${counts.annotations++} of ${file}`)
        if (id !== undefined) index.#addAnnotationId(id, imageId)
        index.#addSpan(imageId, { offset, length: bytes.length })
      }
    })
    await streamFile(file, (piece) => scanner.push(piece))
    scanner.end()
    index.#annotationIds.clear()
    index.#reportStrayAnnotations()
    index.categories.sort((a, b) => a.id - b.id)
    return index
  }

  /** The objects of an image, in the order of the file. */
  async objectsOf(imageId: number): Promise<CocoObject[]> {
    const image = this.images.get(imageId)
    const spans = this.#spans.get(imageId) ?? []
    if (image === undefined || spans.length === 0) return []
    const handle = await open(this.file)
    try {
      const objects: CocoObject[] = []
      for (const { offset, length } of spans) {
        const bytes = new Uint8Array(length)
        const { bytesRead } = await handle.read(bytes, 0, length, offset)
        if (bytesRead !== length) throw changed(this.file)
        objects.push(parseCocoObject(bytes, `the annotation at byte ${offset} of ${this.file}`, image))
      }
      return objects
    } finally {
      await handle.close()
    }
  }

  #addImage(image: CocoImage): void {
    if (this.images.has(image.id)) {
      const message = `${this.file} lists image ${image.id} (${image.fileName}) twice: an id stands for one image; remove one of the elements`
      this.problems.push({ code: 'dataset/duplicate-id', id: String(image.id), message })
    }
    this.images.set(image.id, image)
  }

  #addAnnotationId(id: number, imageId: number): void {
    if (this.#annotationIds.has(id)) {
      const message = `${this.file} has two annotations of id ${id}, the second of image ${imageId}: an id stands for one annotation; remove one of the elements or number it anew`
      this.problems.push({ code: 'dataset/duplicate-id', id: String(imageId), message })
    }
    this.#annotationIds.add(id)
  }

  #addSpan(imageId: number, span: Span): void {
    const spans = this.#spans.get(imageId)
    if (spans === undefined) this.#spans.set(imageId, [span])
    else spans.push(span)
  }

  #reportStrayAnnotations(): void {
    for (const [imageId, spans] of this.#spans) {
      if (this.images.has(imageId)) continue
      const message = `${this.file} has ${spans.length} annotations of image ${imageId}, which it does not list, the first at byte ${spans[0].offset}: an annotation belongs to one of the images; add the image or remove them`
      this.problems.push({ code: 'coco/stray-annotation', message })
    }
  }
}

async function streamFile(file: string, push: (piece: Uint8Array) => void): Promise<void> {
  const stream = createReadStream(file, { highWaterMark: 2 ** 20 })
  try {
    for await (const piece of stream) push(piece)
  } catch (error) {
    // Reading the file in one piece tells a missing file with its neighbours, or passes on what was wrong with its content.
    if (error instanceof PixelwiseError) throw error
    await readBytes(file)
    throw error
  }
}

function changed(file: string): PixelwiseError {
  return new PixelwiseError('coco/changed', {
    what: `${file} is shorter than when it was opened`,
    rule: 'annotations are read from their place in the file',
    next: 'open the data set again',
  })
}
