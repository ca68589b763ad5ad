/** The parts of an error message, each a clause without a final full stop. */
export interface ErrorParts {
  /** What failed, with the value received: `label 38 at (12, 40) of 2008_000.png`. */
  readonly what: string
  /** What would have been right: `expected 0..20 or 255 (ignore)`. */
  readonly rule: string
  /** What to do about it: `pass classMap or run "pixelwise datasets check"`. */
  readonly next: string
  /** The error that led here, if any. */
  readonly cause?: unknown
}

/**
 * The one error class of every Pixelwise package.
 *
 * `code` is stable and meant for programs (`crop/does-not-fit`); the message is meant for people and always has the
 * form `what: rule; next`.
 */
export class PixelwiseError extends Error {
  override readonly name = 'PixelwiseError'
  readonly code: string
  readonly what: string
  readonly rule: string
  readonly next: string

  constructor(code: string, { what, rule, next, cause }: ErrorParts) {
    super(`${what}: ${rule}; ${next}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.what = what
    this.rule = rule
    this.next = next
  }
}
