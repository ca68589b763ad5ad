import type { Box } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'

/**
 * PCK, the percentage of correct keypoints: a keypoint is correct within α·max(height, width) of its object's box.
 *
 * Accuracy is computed per type of keypoint (left ear, right knee) and averaged over types. Keypoints that are not visible in the
 * truth are not added, so predicting them costs nothing. Source: Long 2016, §2.2 (α = 0.1, 0.05, 0.025).
 */
export class KeypointAccuracy {
  readonly alphas: readonly number[]
  readonly #byType = new Map<string, { total: number; readonly correct: number[] }>()

  constructor({ alphas = [0.1, 0.05, 0.025] }: { readonly alphas?: readonly number[] } = {}) {
    this.alphas = [...alphas]
  }

  /** Adds one visible keypoint. Throws `keypoints/empty-box` when the box has no extent. */
  add({ type, predicted, truth, box }: KeypointPair): this {
    const extent = Math.max(box.height, box.width)
    if (!(extent > 0)) {
      throw new PixelwiseError('keypoints/empty-box', {
        what: `keypoint "${type}" of an object with a box of ${box.height}×${box.width}`,
        rule: 'the tolerance is a share of the larger side, which must be positive',
        next: "pass the object's bounding box, height and width in pixels",
      })
    }
    const distance = Math.hypot(predicted.x - truth.x, predicted.y - truth.y)
    const counts = this.#countsOf(type)
    counts.total++
    this.alphas.forEach((alpha, a) => {
      if (distance <= alpha * extent) counts.correct[a]++
    })
    return this
  }

  /** Adds what was found elsewhere with the same α. */
  merge(other: KeypointAccuracy): this {
    if (this.alphas.join() !== other.alphas.join()) {
      throw new PixelwiseError('keypoints/alphas-differ', {
        what: `cannot merge accuracies for α ${this.alphas.join(', ')} and ${other.alphas.join(', ')}`,
        rule: 'both must use the same tolerances',
        next: 'build both with the same alphas',
      })
    }
    for (const [type, { total, correct }] of other.#byType) {
      const counts = this.#countsOf(type)
      counts.total += total
      correct.forEach((count, a) => {
        counts.correct[a] += count
      })
    }
    return this
  }

  /** Accuracy 0..1 of every type of keypoint. */
  byType(alpha: number = this.alphas[0]): Map<string, number> {
    const a = this.#indexOf(alpha)
    return new Map([...this.#byType].map(([type, { total, correct }]) => [type, correct[a] / total]))
  }

  /** Mean accuracy over the types of keypoints; NaN without any. */
  mean(alpha: number = this.alphas[0]): number {
    const accuracies = [...this.byType(alpha).values()]
    return accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length
  }

  #countsOf(type: string) {
    const counts = this.#byType.get(type) ?? { total: 0, correct: this.alphas.map(() => 0) }
    this.#byType.set(type, counts)
    return counts
  }

  #indexOf(alpha: number): number {
    const index = this.alphas.indexOf(alpha)
    if (index !== -1) return index
    throw new PixelwiseError('keypoints/unknown-alpha', {
      what: `accuracy for α ${alpha}`,
      rule: `counted were ${this.alphas.join(', ')}`,
      next: 'name it in alphas when building the KeypointAccuracy',
    })
  }
}

/** A keypoint as predicted and as annotated. */
export interface KeypointPair {
  /** `left ear`, `right knee`: accuracies are averaged over these. */
  readonly type: string
  readonly predicted: Point
  readonly truth: Point
  /** The object's bounding box. */
  readonly box: Pick<Box, 'height' | 'width'>
}

/** A place in pixels. */
export interface Point {
  readonly x: number
  readonly y: number
}
