import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Manifest } from './packages.js'
import { untar } from './tar.js'

export interface Registry {
  readonly url: string
  close(): Promise<void>
}

/**
 * A read-only npm registry on this machine that serves the given tarballs, so that npm installs our packages by name
 * and resolves the version ranges between them exactly as it will once they are published.
 */
export async function serveTarballs(tarballs: readonly string[]): Promise<Registry> {
  const files = new Map(
    tarballs.map((path) => {
      const tarball = readFileSync(path)
      const manifest: Manifest = JSON.parse(Buffer.from(untar(tarball).get('package.json') ?? []).toString())
      return [manifest.name, { manifest, tarball }]
    }),
  )
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    const packed = files.get(path.replace(/\.tgz$/, ''))
    if (packed === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}')
    } else if (path.endsWith('.tgz')) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(packed.tarball)
    } else {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(packument(packed.manifest, packed.tarball, `${addressOf(server)}${path}.tgz`)))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: addressOf(server),
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

function addressOf(server: Server): string {
  // A server that listens on a port has an AddressInfo; the other forms are for pipes.
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}/`
}
