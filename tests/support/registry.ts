import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Manifest } from './packages.js'
import { untar } from './tar.js'

export interface Registry {
  /** `http://127.0.0.1:PORT/UNIQUE/`. */
  readonly url: string
  close(): Promise<void>
}

/**
 * A read-only npm registry on this machine that serves the given tarballs, so that npm installs our packages by name
 * and resolves the version ranges between them exactly as it will once they are published.
 *
 * Every registry has an address of its own, also where the system gives it a port that an earlier one had: npm keeps
 * what it was sent under its address, in a cache that outlives this process, and with `--prefer-offline` does not ask
 * again.
 *
 * @param port the port to listen on; any free one when left out
 */
export async function serveTarballs(tarballs: readonly string[], port = 0): Promise<Registry> {
  const root = `/${randomUUID()}/`
  const files = new Map(
    tarballs.map((path) => {
      const tarball = readFileSync(path)
      const manifest: Manifest = JSON.parse(Buffer.from(untar(tarball).get('package.json') ?? []).toString())
      return [manifest.name, { manifest, tarball }]
    }),
  )
  const server = createServer((request, response) => {
    // Nobody reads these copies again, as the address is never used twice.
    response.setHeader('cache-control', 'no-store')
    const path = decodeURIComponent(request.url ?? '')
    const name = path.startsWith(root) ? path.slice(root.length).replace(/\.tgz$/, '') : ''
    const packed = files.get(name)
    if (packed === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}')
    } else if (path.endsWith('.tgz')) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(packed.tarball)
    } else {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(packument(packed.manifest, packed.tarball, `${originOf(server)}${root}${name}.tgz`)))
    }
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `${originOf(server)}${root}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function packument(manifest: Manifest, tarball: Uint8Array, url: string): object {
  const dist = {
    tarball: url,
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
  }
  return {
    name: manifest.name,
    'dist-tags': { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, _id: `${manifest.name}@${manifest.version}`, dist } },
  }
}

function originOf(server: Server): string {
  // A server that listens on a port has an AddressInfo; the other forms are for pipes.
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}
