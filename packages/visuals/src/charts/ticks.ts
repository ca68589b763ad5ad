/** Round numbers (1, 2, 5 × powers of ten) that cover low..high in about `count` steps, the ends included. */
export function linearTicks(low: number, high: number, count: number): number[] {
  const span = high > low ? high - low : Math.abs(low) || 1
  const power = 10 ** Math.floor(Math.log10(span / count))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= count) ?? 10 * power
  const first = Math.floor(low / step)
  const last = Math.max(first + 1, Math.ceil(high / step))
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** Powers of ten that cover low..high (both positive), with 2 and 5 between them where there are few; the ends included. */
export function logarithmicTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low))
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)))
  const factors = last - first <= 3 ? [1, 2, 5] : [1]
  const every = Math.ceil((last - first) / 8)
  const ticks: number[] = []
  for (let power = first; power < last; power += every) {
    for (const factor of factors) ticks.push(Number((factor * 10 ** power).toPrecision(1)))
  }
  ticks.push(Number((10 ** last).toPrecision(1)))
  const from = ticks.filter((tick) => tick <= low).length - 1
  const to = ticks.findIndex((tick) => tick >= high)
  return ticks.slice(Math.max(0, from), to < 0 ? undefined : Math.max(to, from + 1) + 1)
}
