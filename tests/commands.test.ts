import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withoutProxyFor } from './support/install.js'
import { repository } from './support/packages.js'
import { run } from './support/run.js'

describe('the two commands of a fresh clone', () => {
  const clone = mkdtempSync(join(tmpdir(), 'pixelwise-clone-'))
  afterAll(() => rmSync(clone, { recursive: true, force: true }))

  beforeAll(() => {
    for (const path of ['scripts', 'package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']) {
      cpSync(join(repository, path), join(clone, path), { recursive: true })
    }
  })

  test.each([
    ['test.mjs', '20.19'],
    ['demo.mjs', '20.0'],
  ])('%s names the version of Node that it needs', async (script, floor) => {
    const older = join(clone, 'older-node.cjs')
    writeFileSync(
      older,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })`,
    )
    const { code, stdout, stderr } = await run(process.execPath, ['--require', older, join(clone, 'scripts', script)], {
      cwd: clone,
    })
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `Node 18.20.8 is too old: Pixelwise needs Node ${floor} or newer; install a current version from ` +
        'https://nodejs.org (or: nvm install 20) and run the command again.\n',
    })
  })

  test.each([
    ['test.mjs', /\n0 passed, 1 failed\n$/],
    ['demo.mjs', /^$/],
  ])('%s says what to do where the registry cannot be reached', async (script, output) => {
    const registry = `http://127.0.0.1:${await closedPort()}/`
    const { code, stdout, stderr } = await run(process.execPath, [join(clone, 'scripts', script)], {
      cwd: clone,
      env: {
        ...withoutProxyFor('127.0.0.1'),
        npm_config_registry: registry,
        npm_config_cache: join(clone, 'empty-cache'),
        npm_config_fetch_retries: '0',
      },
    })
    expect(stderr).toContain(
      `\nThe npm registry ${registry} cannot be reached (ECONNREFUSED): the packages of package.json are fetched ` +
        'from it; check the network, or name your mirror or proxy: npm config set registry URL, npm config set ' +
        'https-proxy URL (certificates: npm config set cafile FILE), then run the command again.\n',
    )
    expect(stdout).toMatch(output)
    expect(code).toBe(1)
  })
})

/** A port of this machine on which nobody listens. */
function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
      server.close(() => resolve(address.port))
    })
  })
}
