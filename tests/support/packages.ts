import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly type?: string
  readonly license?: string
  readonly private?: boolean
  readonly sideEffects?: boolean | string[]
  readonly exports?: Record<string, string | Record<string, string>>
  readonly files?: string[]
  readonly bin?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

export interface WorkspacePackage {
  /** The folder's name under packages/: `core`. */
  readonly folder: string
  /** The absolute path of that folder. */
  readonly path: string
  readonly manifest: Manifest
}

/** Every package that is published: whatever lies in packages/. */
export const packages: readonly WorkspacePackage[] = readdirSync(join(repository, 'packages'))
  .filter((folder) => existsSync(join(repository, 'packages', folder, 'package.json')))
  .map((folder) => {
    const path = join(repository, 'packages', folder)
    return { folder, path, manifest: readManifest(path) }
  })

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** The entries of a package's `exports` that are code, as import specifiers: `@pixelwise/core/node`. */
export function entryPoints({ manifest }: Pick<WorkspacePackage, 'manifest'>): string[] {
  return Object.keys(manifest.exports ?? {})
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => manifest.name + entry.slice(1))
}

/** The TypeScript sources below a folder, as absolute paths, without tests. */
export function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.d.ts'))
    .map((file) => join(folder, file))
    .sort()
}
