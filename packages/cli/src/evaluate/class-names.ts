import { readFile } from 'node:fs/promises'
import { PixelwiseError } from '@pixelwise/masks/shared'

/** A number of classes as it is, or the class names in a text file, one per line. Throws `evaluate/no-classes`. */
export async function readClassNames(numberOrFile: string): Promise<number | string[]> {
  if (/^\d+$/.test(numberOrFile) && Number(numberOrFile) > 0) return Number(numberOrFile)
  const text = await readFile(numberOrFile, 'utf8').catch((cause) => {
    throw new PixelwiseError('evaluate/no-classes', {
      what: `--classes ${numberOrFile} is neither a number nor a file that can be read (${cause.code ?? cause})`,
      rule: 'it is the number of classes, or a text file with one class name per line',
      next: 'pass --classes 21 for PASCAL VOC',
      cause,
    })
  })
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
