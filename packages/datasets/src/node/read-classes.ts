import { join } from 'node:path'
import { type ClassList, parseClassList } from '../classes/class-list.js'
import { vocClasses } from '../classes/voc.js'
import { exists, readText } from './files.js'

/** The names in a folder's `classes.txt`, which synthetic sets have, else PASCAL VOC's 21. */
export async function readClasses(folder: string): Promise<ClassList> {
  const file = join(folder, 'classes.txt')
  return (await exists(file)) ? parseClassList(await readText(file), file) : vocClasses
}
