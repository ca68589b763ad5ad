import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { dirname } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { PixelwiseError } from '@pixelwise/masks/shared'

/** What a download is held against, and how it is told about. */
export interface DownloadOptions {
  /** Expected length in bytes: a number, or the limits it lies between. */
  readonly bytes?: number | { readonly least: number; readonly most: number }
  readonly sha1?: string
  readonly sha256?: string
  /** Called with the bytes that are there, and their number in all where it is known. */
  onProgress?(done: number, total: number | undefined): void
  /** Proxy and its exceptions; default: `http_proxy`, `https_proxy` and `no_proxy` of the environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Certificate authorities to trust, in PEM; default: those of Node, to which `NODE_EXTRA_CA_CERTS` adds. */
  readonly certificates?: string
}

/**
 * Downloads a file; one that was interrupted goes on where it stopped.
 *
 * What has come so far lies in `FILE.part`, which becomes FILE once length and hash are right.
 * Throws `download/failed`, `download/incomplete`, `download/wrong-length` and `download/wrong-hash`.
 */
export async function download(url: string, file: string, options: DownloadOptions = {}): Promise<void> {
  const part = `${file}.part`
  await mkdir(dirname(file), { recursive: true })
  const there = await stat(part).then(
    ({ size }) => size,
    () => 0,
  )
  if (there !== options.bytes) await fetchInto(url, part, there, options)
  await verify(part, url, options)
  await rename(part, file)
}

async function fetchInto(url: string, part: string, there: number, options: DownloadOptions): Promise<void> {
  const response = await get(url, there, options, 0)
  const { statusCode = 0 } = response
  if (statusCode === 416 && there > 0) {
    response.resume()
    const [, length] = /^bytes \*\/(\d+)$/.exec(response.headers['content-range'] ?? '') ?? []
    if (Number(length) === there) return
    // The part is longer than the file, or nobody knows: begin again.
    const whole = await open(part, 'w')
    await whole.close()
    return fetchInto(url, part, 0, options)
  }
  if (statusCode !== 200 && statusCode !== 206) {
    response.resume()
    throw failed(url, `the server answers ${statusCode} ${response.statusMessage ?? ''}`.trim())
  }
  const resumed = statusCode === 206 && contentStart(response) === there
  if (statusCode === 206 && !resumed) {
    response.destroy()
    throw failed(url, `the server sends bytes from ${contentStart(response)} on, asked for ${there}`)
  }
  const start = resumed ? there : 0
  const length = Number(response.headers['content-length'])
  const total = Number.isFinite(length) ? start + length : undefined
  const { most } = limits(options.bytes)
  const target = await open(part, resumed ? 'a' : 'w')
  let done = start
  try {
    for await (const piece of response as AsyncIterable<Uint8Array>) {
      done += piece.length
      if (done > most) {
        response.destroy()
        throw wrongLength(url, `more than ${most}`, options.bytes)
      }
      await target.write(piece)
      options.onProgress?.(done, total ?? (Number.isFinite(most) ? most : undefined))
    }
  } catch (cause) {
    if (cause instanceof PixelwiseError) throw cause
    throw incomplete(url, done, total, cause)
  } finally {
    await target.close()
  }
  if (total !== undefined && done < total) throw incomplete(url, done, total)
}

async function verify(part: string, url: string, { bytes, sha1, sha256 }: DownloadOptions): Promise<void> {
  const { size } = await stat(part)
  const { least, most } = limits(bytes)
  if (size < least || size > most) throw wrongLength(url, String(size), bytes)
  for (const [algorithm, expected] of [
    ['sha1', sha1],
    ['sha256', sha256],
  ] as const) {
    if (expected === undefined) continue
    const hash = createHash(algorithm)
    for await (const piece of createReadStream(part)) hash.update(piece)
    const found = hash.digest('hex')
    if (found === expected.toLowerCase()) continue
    throw new PixelwiseError('download/wrong-hash', {
      what: `${url} has ${algorithm} ${found}`,
      rule: `expected ${expected}`,
      next: `the file may have been changed or damaged; remove ${part} and download it again`,
    })
  }
}

/** Follows up to five redirections. */
async function get(
  url: string,
  from: number,
  options: DownloadOptions,
  redirections: number,
): Promise<IncomingMessage> {
  const response = await send(new URL(url), from, options)
  const { location } = response.headers
  if (response.statusCode === undefined || response.statusCode < 300 || response.statusCode >= 400 || !location) {
    return response
  }
  response.resume()
  if (redirections >= 5) throw failed(url, 'more than five redirections')
  return get(new URL(location, url).href, from, options, redirections + 1)
}

function send(
  url: URL,
  from: number,
  { environment = process.env, certificates: ca }: DownloadOptions,
): Promise<IncomingMessage> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw failed(url.href, `the protocol ${url.protocol}`)
  const headers = { ...(from > 0 && { range: `bytes=${from}-` }), 'accept-encoding': 'identity' }
  const proxy = proxyFor(url, environment)
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error) => reject(failed(url.href, cause.message, cause))
    const patience = { timeout: 60_000 }
    if (proxy === undefined) {
      const ask = url.protocol === 'https:' ? httpsRequest : httpRequest
      const sent = ask(url, { headers, ca, ...patience }, resolve)
      sent
        .on('error', refuse)
        .on('timeout', () => sent.destroy(new Error('no answer for a minute')))
        .end()
      return
    }
    const credentials = proxyCredentials(proxy)
    const throughProxy = { host: proxy.hostname, port: proxy.port || 80, ...patience }
    if (url.protocol === 'http:') {
      const all = { ...headers, host: url.host, ...credentials }
      const sent = httpRequest({ ...throughProxy, path: url.href, headers: all }, resolve)
      sent
        .on('error', refuse)
        .on('timeout', () => sent.destroy(new Error('no answer for a minute')))
        .end()
      return
    }
    const port = url.port || '443'
    const tunnel = httpRequest({
      ...throughProxy,
      method: 'CONNECT',
      path: `${url.hostname}:${port}`,
      headers: credentials,
    })
    tunnel.on('connect', (answer, socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy()
        return refuse(new Error(`the proxy answers ${answer.statusCode}`))
      }
      const secure = connectTls({ socket, servername: url.hostname, ca })
      const sent = httpsRequest(url, { headers, createConnection: () => secure, ...patience }, resolve)
      sent
        .on('error', refuse)
        .on('timeout', () => sent.destroy(new Error('no answer for a minute')))
        .end()
    })
    tunnel
      .on('error', refuse)
      .on('timeout', () => tunnel.destroy(new Error('no answer for a minute')))
      .end()
  })
}

/** The proxy that the environment names for an address; undefined for a direct connection. */
function proxyFor(url: URL, environment: Readonly<Record<string, string | undefined>>): URL | undefined {
  const read = (name: string) => environment[name] ?? environment[name.toUpperCase()]
  const exceptions = (read('no_proxy') ?? '').split(',').map((host) => host.trim().toLowerCase())
  const host = url.hostname.toLowerCase()
  const isException = exceptions.some(
    (one) => one === '*' || (one !== '' && (host === one || host.endsWith(`.${one.replace(/^\./, '')}`))),
  )
  const proxy = read(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy')
  if (isException || proxy === undefined || proxy === '') return undefined
  return new URL(/^\w+:\/\//.test(proxy) ? proxy : `http://${proxy}`)
}

function proxyCredentials({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(plain).toString('base64')}` }
}

function contentStart(response: IncomingMessage): number {
  return Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1] ?? Number.NaN)
}

function failed(url: string, reason: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('download/failed', {
    what: `cannot download ${url} (${reason})`,
    rule: 'the address must answer',
    next: 'check the network, set http_proxy or https_proxy where one is needed, or download the file by other means',
    cause,
  })
}

function incomplete(url: string, done: number, total: number | undefined, cause?: unknown): PixelwiseError {
  return new PixelwiseError('download/incomplete', {
    what: `${url} broke off after ${done} of ${total ?? 'an unknown number of'} bytes`,
    rule: 'a file is complete or not used',
    next: 'run it again: it goes on where it stopped',
    cause,
  })
}

function limits(bytes: DownloadOptions['bytes'] = { least: 0, most: Infinity }): { least: number; most: number } {
  return typeof bytes === 'number' ? { least: bytes, most: bytes } : bytes
}

function wrongLength(url: string, found: string, bytes: DownloadOptions['bytes']): PixelwiseError {
  const { least, most } = limits(bytes)
  return new PixelwiseError('download/wrong-length', {
    what: `${url} has ${found} bytes`,
    rule: `expected ${least === most ? least : `${least} to ${most}`}`,
    next: 'check the address; the server may have sent a page about an error',
  })
}
