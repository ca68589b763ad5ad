import { PixelwiseError } from '@pixelwise/masks/shared'

export function damagedMat(file: string, what: string, rule: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('mat/damaged', {
    what: `${file} ${what}`,
    rule,
    next: 'the file is cut short or damaged; copy or download it again',
    cause,
  })
}

export function matTooLarge(file: string, bytes: number, maxBytes: number): PixelwiseError {
  return new PixelwiseError('mat/too-large', {
    what: `a variable of ${file} claims ${bytes} bytes`,
    rule: `at most ${maxBytes} bytes are read`,
    next: 'check the file, or pass a larger maxBytes if it is genuine',
  })
}
