/** A whole number with a thin gap every three digits: 12 345 678. */
export function grouped(value: number): string {
  const [, sign, digits] = /^(-?)(\d+)$/.exec(String(Math.round(value))) ?? []
  return digits === undefined ? String(value) : sign + digits.replace(/\B(?=(\d{3})+$)/g, '\u2009')
}

/** A share as a percentage: 0.8312 → 83.1 %, with as many decimals as asked for; not a number → –. */
export function percent(share: number, decimals = 1): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(decimals)}\u2009%` : '–'
}

/** A number with about three significant digits, powers of ten where it is very large or small; not a number → –. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace(/\.?0*e\+?/, 'e')
  return String(Number(value.toPrecision(size >= 100 ? 6 : 3)))
}

/** A count in at most four characters: 950, 12k, 3.4M. */
export function shortCount(count: number): string {
  const unit = [
    { size: 1e9, sign: 'G' },
    { size: 1e6, sign: 'M' },
    { size: 1e3, sign: 'k' },
  ].find(({ size }) => count >= size * 0.9995)
  if (unit === undefined) return String(count)
  const scaled = count / unit.size
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit.sign}`
}
