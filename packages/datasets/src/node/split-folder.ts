import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import { listFolder } from './files.js'
import { openFolder } from './folder.js'
import { splitNames } from './split-lists.js'
import { listFile } from './write-scenes.js'

/** How a folder is divided. */
export interface SplitFolderOptions {
  /** Share of the labelled pictures that is held out, above 0 and below 1; at least one is, and one is left. Default 0.2. */
  readonly heldOut?: number
  /** Equal seeds draw equal lists. Default 0. */
  readonly seed?: string | number
  /** Replaces lists that are there. Default false. */
  readonly overwrite?: boolean
}

/** Ids of each list, sorted, and of the pictures without labels, which are in none. */
export interface FolderSplits {
  readonly train: readonly string[]
  readonly val: readonly string[]
  readonly unlabelled: readonly string[]
}

/**
 * Draws which pictures of a folder of one's own (see `openFolder`) a net learns from and which it is scored on, and writes
 * the lists `train.txt` and `val.txt` beside them. Pictures without labels are in neither.
 *
 * Rejects with `split/bad-share`, `split/too-few` below two labelled pictures, `split/exists` where there is a list already,
 * `split/cannot-write`, and as `openFolder`.
 *
 * @example
 * const { train, val } = await splitFolder('my-photos', { heldOut: 0.2, seed: 1 })
 */
export async function splitFolder(root: string, options: SplitFolderOptions = {}): Promise<FolderSplits> {
  const { heldOut = 0.2, seed = 0, overwrite = false } = options
  if (!(heldOut > 0 && heldOut < 1)) {
    throw new PixelwiseError('split/bad-share', {
      what: `a held-out share of ${heldOut}`,
      rule: 'it is above 0 and below 1',
      next: '0.2 holds out every fifth picture',
    })
  }
  const { ids } = await openFolder(root)
  const labels = new Set(await listFolder(join(root, 'labels')))
  const labelled = ids.filter((id) => labels.has(`${id}.png`))
  if (labelled.length < 2) throw tooFew(root, labelled.length, ids.length)
  if (!overwrite) await refuseLists(root)
  const count = Math.min(labelled.length - 1, Math.max(1, Math.round(heldOut * labelled.length)))
  const drawn = new Set(new Rng(seed).split('held out').shuffled(labelled).slice(0, count))
  const train = labelled.filter((id) => !drawn.has(id))
  const val = labelled.filter((id) => drawn.has(id))
  for (const [name, list] of Object.entries({ train, val })) {
    const file = join(root, `${name}.txt`)
    await writeFile(`${file}.partial`, listFile(list))
      .then(() => rename(`${file}.partial`, file))
      .catch((cause) => {
        throw cannotWrite(file, cause)
      })
  }
  return { train, val, unlabelled: ids.filter((id) => !labels.has(`${id}.png`)) }
}

function cannotWrite(file: string, cause: NodeJS.ErrnoException): PixelwiseError {
  return new PixelwiseError('split/cannot-write', {
    what: `cannot write ${file} (${cause.code ?? cause})`,
    rule: 'the lists lie beside the pictures, in a folder that is writable',
    next: 'check its permissions, or copy the folder to a place of your own',
    cause,
  })
}

async function refuseLists(root: string): Promise<void> {
  const lists = (await splitNames(root)).filter((name) => name === 'train' || name === 'val')
  if (lists.length === 0) return
  throw new PixelwiseError('split/exists', {
    what: `${root} has ${lists.map((name) => `${name}.txt`).join(' and ')} already`,
    rule: 'scores compare only while the same pictures are held out',
    next: 'keep them, or pass overwrite to draw anew',
  })
}

function tooFew(root: string, labelled: number, pictures: number): PixelwiseError {
  return new PixelwiseError('split/too-few', {
    what: `${root} has ${labelled} labelled ${labelled === 1 ? 'picture' : 'pictures'} of ${pictures}`,
    rule: 'one at least to learn from and one to be scored on; the labels of images/ID.jpg are labels/ID.png',
    next: 'label more of them, or check how the labels are called',
  })
}
