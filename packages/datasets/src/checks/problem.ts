import type { LabelData, LabelMap } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { adviceToCheck } from './validate-labels.js'

/** One thing that is wrong with a data set. */
export interface Problem {
  /** Stable name, as of a `PixelwiseError`: `labels/unknown-label`. */
  readonly code: string
  /** The example it concerns, if one. */
  readonly id?: string
  /** What is wrong where, what is expected, what to do. */
  readonly message: string
}

/** What a look at one example's files found. */
export interface ExampleInspection {
  readonly problems: readonly Problem[]
  /** The label map, where it could be read. */
  readonly labels: LabelMap<LabelData> | undefined
}

/** The problem that an error tells of, without the advice to run the check that found it; errors that are not about data pass through. */
export function problemOf(error: unknown, id?: string): Problem {
  if (!(error instanceof PixelwiseError)) throw error
  const { code, what, rule, next } = error
  const advice = next === adviceToCheck ? 'mend the label map, or complete the list of classes' : next
  return { code, message: `${what}: ${rule}; ${advice}`, ...(id !== undefined && { id }) }
}
