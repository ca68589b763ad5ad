import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { exports as resolveExports } from 'resolve.exports'

/** A module that adds layers or backbones, found but not loaded. */
export interface FoundPlugin {
  /** As it was named. */
  readonly name: string
  /** Path of the module. */
  readonly file: string
  /** Whether the name is that of an installed package, not a path. */
  readonly isPackage: boolean
}

/**
 * Finds modules: a path counts from `folder`, a package is one that is installed where the command runs.
 *
 * Throws `plugin/not-found`.
 */
export function findPlugins(names: readonly string[], folder: string = process.cwd()): FoundPlugin[] {
  return names.map((name) => {
    const path = resolve(folder, name)
    if (isFile(path)) return { name, file: path, isPackage: false }
    if (/^\.\.?([/\\]|$)/.test(name) || isAbsolute(name)) throw notFound(name, `there is no file ${path}`)
    return { name, file: packageFile(name, path), isPackage: true }
  })
}

/** The name under which a configuration in a folder finds a plugin again, when both have moved together too. */
export function pluginNameIn(folder: string, { name, file, isPackage }: FoundPlugin): string {
  if (isPackage) return name
  const path = relative(resolve(folder), file).replaceAll('\\', '/')
  return path.startsWith('.') || isAbsolute(path) ? path : `./${path}`
}

function packageFile(name: string, path: string): string {
  const require = createRequire(join(process.cwd(), 'here.js'))
  try {
    return exportedFile(name, require.resolve.paths(name) ?? []) ?? require.resolve(name)
  } catch (cause) {
    throw notFound(name, `there is no file ${path}, and no package of that name here`, cause)
  }
}

/** What a package exports to `import`; `require.resolve` only knows what it exports to `require`. */
function exportedFile(name: string, folders: readonly string[]): string | undefined {
  const [, packageName, subpath] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(name) ?? []
  const root = folders.map((folder) => join(folder, packageName)).find((one) => isFile(join(one, 'package.json')))
  if (root === undefined) return undefined
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const [target] = resolveExports(manifest, `.${subpath}`) ?? []
  return target === undefined ? undefined : join(root, target)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function notFound(name: string, problem: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('plugin/not-found', {
    what: `cannot find plugin ${name}: ${problem}`,
    rule: 'a plugin is a file, as in ./layer.mjs, or an installed package',
    next: 'check the path, or install the package',
    cause,
  })
}
