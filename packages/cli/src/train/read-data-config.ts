import { join } from 'node:path'
import { datasetLayouts } from '@pixelwise/datasets/node'
import type { Field } from '../config/config-file.js'
import { set } from '../config/set.js'
import type { DataConfig, SplitConfig } from './train-config.js'

/**
 * Reads the `data` of a training configuration: what is learnt from, and what is scored on.
 *
 * @param isRecipe whether a recipe names the layouts where the configuration does not
 * @param given takes the place of `data.root`
 */
export function readDataConfig(field: Field, isRecipe: boolean, given: string | undefined): DataConfig {
  if (!field.isSet) field.wrong('a kind and a root')
  const data = field.mapping(['kind', 'root', 'train', 'validation'])
  if (data === undefined) return {}
  const root = given ?? data.get('root').text('the folder of the data set')
  const kind = data.get('kind').choice(datasetLayouts().names())
  const around = {
    kind,
    root,
    base: root,
    saysKind: data.get('kind').isSet,
    saysRoot: given !== undefined || data.get('root').isSet,
  }
  const train = readSplit(data.get('train'), around)
  const validation = readSplit(data.get('validation'), around)
  if (given !== undefined) refuseOtherRoots([data.get('train'), data.get('validation')])
  if (!data.get('train').isSet) {
    if (!isRecipe && !around.saysKind) data.get('kind').wrong(`one of ${datasetLayouts().names().join(', ')}`)
    if (!around.saysRoot) data.get('root').wrong('the folder of the data set')
  }
  const splits = kind === undefined ? undefined : datasetLayouts().get(kind).splits
  const usual = (split: string | undefined) =>
    kind === undefined || root === undefined || split === undefined ? undefined : { kind, root, split }
  return {
    ...set('root', root),
    ...set('train', train ?? usual(splits?.train)),
    ...set('validation', validation ?? usual(splits?.heldOut)),
  }
}

/** What a split takes from the settings that it stands in. */
interface AroundSplit {
  readonly kind: string | undefined
  readonly root: string | undefined
  /** What its `folder` lies below. */
  readonly base: string | undefined
  /** Whether they are there; a kind or a root that is there and absent here is wrong, and told already. */
  readonly saysKind: boolean
  readonly saysRoot: boolean
}

/** The name of a split of the data set, or a mapping for a split of another one: its kind and root where it names none. */
function readSplit(field: Field, around: AroundSplit): SplitConfig | undefined {
  if (!field.isSet) return undefined
  if (typeof field.value === 'string') return splitOf(around, field)
  const split = field.mapping(['kind', 'root', 'folder', 'split', 'without'])
  if (split === undefined) return undefined
  const saysKind = split.get('kind').isSet || around.saysKind
  const saysRoot = split.get('root').isSet || split.get('folder').isSet || around.saysRoot
  if (!saysKind) split.get('kind').wrong('a kind of data set')
  if (!saysRoot) split.get('root').wrong('the folder of the data set')
  const kind = split.get('kind').isSet ? split.get('kind').choice(datasetLayouts().names()) : around.kind
  const root = rootOfSplit(split, around)
  const base = split.get('root').isSet ? root : around.base
  const name = split.get('split').text('the name of a split')
  const without = readSplit(split.get('without'), { kind, root, base, saysKind, saysRoot })
  if (kind === undefined || root === undefined) return undefined
  return { kind, root, ...set('split', name), ...set('without', without) }
}

function splitOf({ kind, root, saysKind, saysRoot }: AroundSplit, field: Field): SplitConfig | undefined {
  if (kind !== undefined && root !== undefined) return { kind, root, split: String(field.value) }
  if (saysKind && saysRoot) return undefined
  return field.wrong('a mapping of kind, root and split, where data names no kind and root')
}

/** Where a split lies: at a root of its own, in a folder below that of the data, or at that itself. */
function rootOfSplit(split: Field, { root, base, saysRoot }: AroundSplit): string | undefined {
  if (split.get('root').isSet) {
    if (split.get('folder').isSet) return split.get('folder').wrong('nothing beside root, which is the whole path')
    return split.get('root').text('a folder')
  }
  const folder = split.get('folder').text('a folder below data.root')
  if (folder === undefined) return split.get('folder').isSet ? undefined : root
  if (base !== undefined) return join(base, folder)
  return saysRoot ? undefined : split.get('folder').wrong('a data.root that it lies below')
}

/** A root of its own would keep a split where it is, whatever `--root` says. */
function refuseOtherRoots(splits: readonly Field[]): void {
  for (const split of splits.flatMap((one) => [one, one.get('without')])) {
    if (split.get('root').isSet) split.get('root').wrong('folder, a path below data.root, where --root is given')
  }
}
