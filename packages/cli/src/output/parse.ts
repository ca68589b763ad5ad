import { InvalidArgumentError } from 'commander'

/** `224x320` → [224, 320], height first. */
export function parseSize(text: string): [height: number, width: number] {
  const [, height, width] = /^(\d+)[x×](\d+)$/i.exec(text) ?? []
  if (Number(height) > 0 && Number(width) > 0) return [Number(height), Number(width)]
  throw new InvalidArgumentError('It has the form HxW in pixels, as in 224x224.')
}

/** A whole number, not negative. */
export function parseCount(text: string): number {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new InvalidArgumentError('It is a whole number.')
}

/** A whole number, one at least. */
export function parsePositive(text: string): number {
  const value = parseCount(text)
  if (value > 0) return value
  throw new InvalidArgumentError('It is a whole number from 1.')
}
