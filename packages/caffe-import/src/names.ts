/** A name that fits into an error message. */
export function shortName(name: string): string {
  return name.length > 80 ? `${name.slice(0, 77)}...` : name
}

/** `[2, 3, ?, ?]`: a shape whose free sizes are null. */
export function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? '?').join(', ')}]`
}
