import { PixelwiseError } from '@pixelwise/masks/shared'

/** One object of a VOC annotation. */
export interface VocObject {
  readonly name: string
  readonly pose: string
  readonly truncated: boolean
  readonly difficult: boolean
  readonly box: VocBox
}

/** Inclusive pixel bounds counted from 1, as VOC stores them. */
export interface VocBox {
  readonly xmin: number
  readonly ymin: number
  readonly xmax: number
  readonly ymax: number
}

/** What a VOC annotation file says. */
export interface VocAnnotation {
  readonly filename: string
  readonly height: number
  readonly width: number
  readonly objects: readonly VocObject[]
}

/** Reads `Annotations/ID.xml`. Throws `voc/bad-annotation`, naming the file and the element that is missing. */
export function parseVocAnnotation(xml: string, file: string): VocAnnotation {
  const size = required(xml, 'size', file)
  const objects = elements(xml, 'object').map((object) => {
    const withoutParts = removeElements(object, 'part')
    const box = required(withoutParts, 'bndbox', file)
    return {
      name: text(required(withoutParts, 'name', file)),
      pose: text(elements(withoutParts, 'pose')[0] ?? 'Unspecified'),
      truncated: text(elements(withoutParts, 'truncated')[0] ?? '0') === '1',
      difficult: text(elements(withoutParts, 'difficult')[0] ?? '0') === '1',
      box: {
        xmin: number(box, 'xmin', file),
        ymin: number(box, 'ymin', file),
        xmax: number(box, 'xmax', file),
        ymax: number(box, 'ymax', file),
      },
    }
  })
  return {
    filename: text(required(xml, 'filename', file)),
    height: number(size, 'height', file),
    width: number(size, 'width', file),
    objects,
  }
}

/** Writes an annotation in VOC's own order of elements. */
export function formatVocAnnotation(annotation: VocAnnotation, folder: string): string {
  const { filename, height, width, objects } = annotation
  const lines = [
    '<annotation>',
    `\t<folder>${escaped(folder)}</folder>`,
    `\t<filename>${escaped(filename)}</filename>`,
    `\t<size>\n\t\t<width>${width}</width>\n\t\t<height>${height}</height>\n\t\t<depth>3</depth>\n\t</size>`,
    '\t<segmented>1</segmented>',
    ...objects.map(
      ({ name, pose, truncated, difficult, box }) =>
        `\t<object>\n\t\t<name>${escaped(name)}</name>\n\t\t<pose>${escaped(pose)}</pose>\n` +
        `\t\t<truncated>${Number(truncated)}</truncated>\n\t\t<difficult>${Number(difficult)}</difficult>\n` +
        `\t\t<bndbox>\n\t\t\t<xmin>${box.xmin}</xmin>\n\t\t\t<ymin>${box.ymin}</ymin>\n` +
        `\t\t\t<xmax>${box.xmax}</xmax>\n\t\t\t<ymax>${box.ymax}</ymax>\n\t\t</bndbox>\n\t</object>`,
    ),
    '</annotation>',
  ]
  return `${lines.join('\n')}\n`
}

/** The contents of the outermost elements of a name, found by plain search. */
function elements(xml: string, name: string): string[] {
  const found: string[] = []
  const opening = `<${name}>`
  const closing = `</${name}>`
  let position = xml.indexOf(opening)
  while (position >= 0) {
    const end = xml.indexOf(closing, position)
    if (end < 0) break
    found.push(xml.slice(position + opening.length, end))
    position = xml.indexOf(opening, end)
  }
  return found
}

/** The text outside the elements of a name. */
function removeElements(xml: string, name: string): string {
  const kept: string[] = []
  const closing = `</${name}>`
  let position = 0
  for (;;) {
    const start = xml.indexOf(`<${name}>`, position)
    const end = start < 0 ? -1 : xml.indexOf(closing, start)
    if (end < 0) return kept.join('') + xml.slice(position)
    kept.push(xml.slice(position, start))
    position = end + closing.length
  }
}

function required(xml: string, name: string, file: string): string {
  const [content] = elements(xml, name)
  if (content !== undefined) return content
  throw badAnnotation(file, `has no <${name}> element where one is needed`)
}

function number(xml: string, name: string, file: string): number {
  const content = text(required(xml, name, file))
  const value = Number(content)
  if (content === '' || !Number.isFinite(value))
    throw badAnnotation(file, `has <${name}> ${JSON.stringify(content.slice(0, 40))}`)
  return value
}

function badAnnotation(file: string, what: string): PixelwiseError {
  return new PixelwiseError('voc/bad-annotation', {
    what: `${file} ${what}`,
    rule: 'annotations are written as in PASCAL VOC: filename, size, and per object name and bndbox',
    next: 'correct the file, or load without boxes',
  })
}

function text(xml: string): string {
  return xml
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
    .trim()
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
