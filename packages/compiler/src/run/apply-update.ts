/** Arrays of equal length, and how much of each goes into each target. */
export interface ArrayUpdate {
  /** At most three. */
  readonly sources: readonly Float32Array[]
  /** At most two; each is one of the sources, or an array of its own. */
  readonly targets: readonly { readonly array: Float32Array; readonly weights: readonly number[] }[]
}

/** Overwrites every target by its weighted sum of the sources as they were. */
export function applyUpdate({ sources, targets }: ArrayUpdate): void {
  const [first, second] = targets
  if (first === undefined) return
  const [a, b = a, c = a] = sources
  const [x, wa, wb, wc] = [first.array, ...threeOf(first.weights)]
  if (a === undefined) {
    x.fill(0)
    second?.array.fill(0)
  } else if (second === undefined) {
    for (let i = 0; i < x.length; i++) x[i] = wa * a[i] + wb * b[i] + wc * c[i]
  } else {
    const [y, va, vb, vc] = [second.array, ...threeOf(second.weights)]
    for (let i = 0; i < x.length; i++) {
      const p = a[i]
      const q = b[i]
      const r = c[i]
      x[i] = wa * p + wb * q + wc * r
      y[i] = va * p + vb * q + vc * r
    }
  }
}

function threeOf([a = 0, b = 0, c = 0]: readonly number[]): [number, number, number] {
  return [a, b, c]
}
