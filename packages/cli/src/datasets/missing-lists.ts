import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The command that draws the lists of a folder of one's own, where it has none to learn from; else undefined. */
export function commandForMissingLists(kind: string, root: string): string | undefined {
  return kind === 'folder' && !existsSync(join(root, 'train.txt')) ? `pixelwise datasets split ${root}` : undefined
}
