/** A line with a comment to its right. */
export function beside(text: string, comment: string): string {
  return `${text.padEnd(31)} # ${comment}`
}

/** A setting behind `#`, in a mapping whose own line stands behind `#` too, or does not. */
export function behind(isOn: boolean, text: string, comment: string): string {
  return beside(isOn ? `  # ${text}` : `#   ${text}`, comment)
}

/** A text as YAML takes it, with backslashes and spaces. */
export function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text)
}
