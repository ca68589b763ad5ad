/** A whole number in groups of three digits: 134,260,544. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A large count in three digits: 15.3 G, 471 M; not a number → –. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const unit = [
    { size: 1e12, sign: ' T' },
    { size: 1e9, sign: ' G' },
    { size: 1e6, sign: ' M' },
    { size: 1e3, sign: ' k' },
  ].find(({ size }) => value >= size * 0.9995)
  return unit === undefined ? String(value) : `${(value / unit.size).toPrecision(3)}${unit.sign}`
}

/** A share 0..1 as a percentage with two decimals, as papers print scores; not a number → –. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(2)} %` : '–'
}

/** A count with its noun: 1 image, 2,913 images. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}
