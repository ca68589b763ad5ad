import { kernelElements, mostSources, mostTargets, updateKernel } from './update-kernel.js'

/** Arrays of equal length, and how much of each goes into each target. */
export interface ArrayUpdate {
  /** At most {@link mostSources}. */
  readonly sources: readonly Float32Array[]
  /** At most {@link mostTargets}; each is one of the sources, or an array of its own. */
  readonly targets: readonly { readonly array: Float32Array; readonly weights: readonly number[] }[]
}

/** Overwrites every target by its weighted sum of the sources as they were. */
export function applyUpdate({ sources, targets }: ArrayUpdate): void {
  const [first, second] = targets
  if (first === undefined) return
  const { memory, run } = updateKernel()
  const area = (i: number, length: number) => memory.subarray(i * kernelElements, i * kernelElements + length)
  for (let i = sources.length; i < mostSources; i++) area(i, kernelElements).fill(0)
  const [a, b, c] = threeOf(first.weights)
  const [d, e, f] = threeOf(second?.weights ?? [])
  for (let start = 0; start < first.array.length; start += kernelElements) {
    const end = Math.min(start + kernelElements, first.array.length)
    for (const [i, source] of sources.entries()) area(i, end - start).set(source.subarray(start, end))
    run(4 * (end - start), a, b, c, d, e, f)
    for (const [i, { array }] of targets.entries()) array.subarray(start, end).set(area(i, end - start))
    // The results have taken the place of what may be no source at all.
    for (let i = sources.length; i < mostTargets; i++) area(i, kernelElements).fill(0)
  }
}

function threeOf([a = 0, b = 0, c = 0]: readonly number[]): [number, number, number] {
  return [a, b, c]
}
