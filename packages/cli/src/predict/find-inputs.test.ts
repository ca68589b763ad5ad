import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test-support/run-main.js'
import { findInputs } from './find-inputs.js'

/** A folder with these files, all of them empty. */
function folderOf(...files: string[]): string {
  const folder = temporaryFolder()
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), '')
  }
  return folder
}

const folder = () => folderOf('train_1.png', 'train_12.png', 'val_1.jpg', 'more/val_2.png', 'more/(1) a+b.png', 'x.txt')

test.each([
  ['*.png', ['train_1.png', 'train_12.png']],
  ['train_?.png', ['train_1.png']],
  ['{val_*,train_1?}.{jpg,png}', ['train_12.png', 'val_1.jpg']],
  ['**/val_[0-9].*', ['more/val_2.png', 'val_1.jpg']],
  ['[!v]*_1.png', ['train_1.png']],
  ['more/(1) a+*.png', ['more/(1) a+b.png']],
  ['more\\val_*.png', ['more/val_2.png']],
  ['m{ore,uch}/*', ['more/(1) a+b.png', 'more/val_2.png']],
])('the glob %s', async (glob, files) => {
  const root = folder()
  const found = await findInputs([`${root}/${glob}`])
  expect(found.map(({ file }) => relative(root, file).replaceAll(sep, '/'))).toEqual(files)
})

test('a glob that fits no image is told as it was typed', async () => {
  const glob = join(folder(), '*.npy')
  await expect(findInputs([glob])).rejects.toThrow(`${glob} names no image: `)
})
