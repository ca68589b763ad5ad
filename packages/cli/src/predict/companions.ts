import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RecipeInput } from '@pixelwise/fcn'
import { PixelwiseError } from '@pixelwise/masks/shared'

/** Pictures that some nets see beside the image, and the options that name their folders. */
export const companionKinds = ['depth', 'hha'] as const
export type CompanionKind = (typeof companionKinds)[number]

/** Folders in which such pictures are called as the images that they belong to. */
export type CompanionFolders = { readonly [kind in CompanionKind]?: string }

const endings = { depth: ['.png'], hha: ['.png', '.jpg', '.jpeg'] } as const
const told = { depth: 'depth', hha: 'HHA' } as const

/**
 * Checks, before anything is run, that the folders given are those that the net needs.
 *
 * Throws `predict/several-inputs` for a net whose description tells of more or fewer inputs than it has,
 * `predict/companion-missing` and `predict/companion-unused`.
 */
export function checkCompanions(
  inputs: readonly RecipeInput[],
  folders: CompanionFolders,
  { name, inputCount }: { readonly name: string; readonly inputCount: number },
): void {
  if (inputs.length !== inputCount) throw undescribed(name, inputCount, inputs.length)
  const needed = neededBy(inputs)
  for (const kind of companionKinds) {
    const folder = folders[kind]
    if (needed.has(kind) && folder === undefined) throw missing(name, kind)
    if (!needed.has(kind) && folder !== undefined) throw unused(name, kind, folder, inputs)
  }
}

/** The files that belong to an input, by its name below its folder. Throws `predict/no-companion`. */
export function companionFiles(
  name: string,
  inputs: readonly RecipeInput[],
  folders: CompanionFolders,
): { readonly [kind in CompanionKind]?: string } {
  const needed = companionKinds.filter((kind) => neededBy(inputs).has(kind))
  return Object.fromEntries(needed.map((kind) => [kind, companionFile(name, kind, folders[kind] ?? '')]))
}

function neededBy(inputs: readonly RecipeInput[]): Set<CompanionKind> {
  return new Set(inputs.flatMap(({ from }) => (from === 'rgbd' ? ['depth' as const] : from === 'hha' ? [from] : [])))
}

function companionFile(name: string, kind: CompanionKind, folder: string): string {
  const candidates = endings[kind].map((ending) => join(folder, `${name}${ending}`))
  const file = candidates.find((candidate) => existsSync(candidate))
  if (file !== undefined) return file
  throw new PixelwiseError('predict/no-companion', {
    what: `no ${told[kind]} image ${candidates.join(' or ')}`,
    rule: `the folder of --${kind} holds one for each input, called as it`,
    next: 'add it, or leave this input out',
  })
}

function undescribed(name: string, inputCount: number, known: number): PixelwiseError {
  return new PixelwiseError('predict/several-inputs', {
    what: `model "${name}" has ${inputCount} inputs, and its pixelwise.json tells of ${known}`,
    rule: 'what each input sees must be known: its kind and its preprocessing',
    next: 'add "extensions": { "inputs": [{ "from": "image", "preprocessing": … }, { "from": "hha", … }] } to pixelwise.json, as "pixelwise train" does',
  })
}

function missing(name: string, kind: CompanionKind): PixelwiseError {
  return new PixelwiseError('predict/companion-missing', {
    what: `model "${name}" sees ${told[kind]} beside the image`,
    rule: `it is given as a folder of ${kind === 'depth' ? '16-bit PNGs in millimetres' : 'pictures'}, called as the images they belong to`,
    next: `pass --${kind} DIR`,
  })
}

function unused(
  name: string,
  kind: CompanionKind,
  folder: string,
  [{ preprocessing }]: readonly RecipeInput[],
): PixelwiseError {
  const isItself = preprocessing.inputKind === kind
  return new PixelwiseError('predict/companion-unused', {
    what: `--${kind} ${folder} for model "${name}"`,
    rule: isItself ? `it sees ${told[kind]} and nothing else` : `it does not see ${told[kind]}`,
    next: isItself ? `give ${folder} as the input` : `leave --${kind} out, or choose the model that sees it`,
  })
}
