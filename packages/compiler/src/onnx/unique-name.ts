/** The name wanted, or with a number behind it where that is taken; it is taken from then on. */
export function uniqueName(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`
  taken.add(name)
  return name
}
