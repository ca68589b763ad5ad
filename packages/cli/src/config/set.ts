/** A property, or none where the value is undefined: for objects that leave out what nobody asked for. */
export function set<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  // TypeScript widens a computed key to any text; it is the only one here.
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value })
}
