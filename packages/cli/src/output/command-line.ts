/** The command that goes on with what another one began: the same words, and `--resume`. */
export function resumingCommand(argv: readonly string[]): string {
  const words = argv.includes('--resume') ? argv : [...argv, '--resume']
  return ['pixelwise', ...words].map(quoted).join(' ')
}

/** A word as shells take it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
