import { bilinearTaps } from './bilinear-taps.js'
import type { RegionTargets } from './region-targets.js'

/** A loss and its gradient for the coarse logits. */
export interface EvaluatedRegions {
  readonly loss: number
  /** As the logits: `[regions, window, window]`. */
  readonly gradient: Float32Array
}

/**
 * The logistic loss of regions against labels at full resolution, region by region: the upsampled logits exist one row
 * at a time, and nothing but the coarse gradient is kept.
 *
 * `logits` holds the targets' regions only: `[regions, window, window]`. The gradient is exact: the transpose of the
 * upsampling, applied to σ(u) − t.
 * Source: Long 2016, §4.3.6.
 */
export function evaluateRegions(
  logits: Float32Array,
  { labels, labelStride, regions, weights }: RegionTargets,
  { window, stride }: { readonly window: number; readonly stride: number },
): EvaluatedRegions {
  const { cell, share } = bilinearTaps(window, stride)
  const pixels = cell.length
  const area = window * window
  const gradient = new Float32Array(logits.length)
  // One cell more than the window, so that a window of one cell has a next one too; its share is 0.
  const rowLogits = new Float64Array(window + 1)
  const rowGradient = new Float64Array(window + 1)
  const ofRegion = new Float64Array(area + window)
  let loss = 0
  for (let r = 0; r < weights.length; r++) {
    if (weights[r] === 0) continue
    const start = r * area
    const instance = regions[r * 3 + 2]
    let valid = 0
    let sum = 0
    ofRegion.fill(0)
    for (let row = 0; row < pixels; row++) {
      const upper = cell[row] * window
      const lower = Math.min(cell[row] + 1, window - 1) * window
      const below = share[row]
      for (let k = 0; k < window; k++) {
        rowLogits[k] = (1 - below) * logits[start + upper + k] + below * logits[start + lower + k]
      }
      rowGradient.fill(0)
      const first = regions[r * 3 + 1] + row * labelStride
      // log(1 + e) of many pixels as one logarithm of a product: each factor is at most 2.
      let product = 1
      let factors = 0
      for (let column = 0; column < pixels; column++) {
        const label = labels[first + column]
        if (label < 0) continue
        valid++
        const k = cell[column]
        const right = share[column]
        const u = (1 - right) * rowLogits[k] + right * rowLogits[k + 1]
        const e = Math.exp(-Math.abs(u))
        product *= 1 + e
        if (++factors === mostFactors) {
          sum += Math.log(product)
          product = 1
          factors = 0
        }
        const isInside = label === instance
        if (u > 0 !== isInside) sum += Math.abs(u)
        const excess = (u > 0 ? 1 : e) / (1 + e) - (isInside ? 1 : 0)
        rowGradient[k] += (1 - right) * excess
        rowGradient[k + 1] += right * excess
      }
      sum += Math.log(product)
      for (let k = 0; k < window; k++) {
        ofRegion[upper + k] += (1 - below) * rowGradient[k]
        ofRegion[lower + k] += below * rowGradient[k]
      }
    }
    if (valid === 0) continue
    loss += (weights[r] * sum) / valid
    const scale = weights[r] / valid
    for (let i = 0; i < area; i++) gradient[start + i] = ofRegion[i] * scale
  }
  return { loss, gradient }
}

/** 2^1000 is a number still. */
const mostFactors = 1000
