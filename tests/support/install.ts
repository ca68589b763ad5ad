import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustRun } from './run.js'

/** An empty project outside the workspace, to which npm offers the packed packages as if they were published. */
export function emptyProject(registry: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'pixelwise-alone-'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "alone", "private": true, "type": "module" }\n')
  nameRegistry(folder, registry)
  return folder
}

/** Lets npm find `@pixelwise` packages at `registry` when it runs in `folder`; all others come from where they always do. */
export function nameRegistry(folder: string, registry: string): void {
  writeFileSync(join(folder, '.npmrc'), `@pixelwise:registry=${registry}\n`)
}

/** `npm install …` in a folder. What npm has fetched once it takes from its cache. */
export async function npmInstall(folder: string, packages: readonly string[] = []): Promise<void> {
  await mustRun('npm', ['install', ...packages, '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    env: withoutProxyFor('127.0.0.1'),
  })
}

/** Settings that keep npm from asking a proxy for an address of this machine. */
export function withoutProxyFor(host: string): Record<string, string> {
  const known = process.env.npm_config_noproxy ?? process.env.NO_PROXY ?? process.env.no_proxy ?? ''
  const hosts = known === '' ? host : `${known},${host}`
  return { npm_config_noproxy: hosts, NO_PROXY: hosts, no_proxy: hosts }
}
