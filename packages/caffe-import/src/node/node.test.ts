import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import h5 from 'h5wasm/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesField, message, varint, writeCaffemodel } from '../../test-support/write-caffemodel.js'
import { blobValues } from '../weights/weight-source.js'
import { download } from './download.js'
import { importCaffeFiles } from './import-files.js'
import { openWeights } from './open-weights.js'

const folder = mkdtempSync(join(tmpdir(), 'caffe-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)

const net = `input: "data" input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 3
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 1 } }`
const values = Float32Array.from({ length: 18 }, (_, i) => i)
const layers = [
  {
    name: 'ip',
    type: 'InnerProduct',
    blobs: [
      { shape: [1, 18], values },
      { shape: [1], values: Float32Array.of(0.5) },
    ],
  },
]

describe('files', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu')
    writeFileSync(at('net.prototxt'), net)
    writeFileSync(at('net.caffemodel'), writeCaffemodel(layers))
    await h5.ready
    const file = new h5.File(at('net.caffemodel.h5'), 'w')
    const group = file.create_group('data').create_group('ip')
    group.create_dataset({ name: '0', data: values, shape: [1, 18] })
    group.create_dataset({ name: '1', data: Float32Array.of(0.5), shape: [1] })
    file.close()
  })

  test.each(['net.caffemodel', 'net.caffemodel.h5'])('%s gives the same model', async (weights) => {
    const { model, report } = await importCaffeFiles({ net: at('net.prototxt'), weights: at(weights) })
    const x = tf.transpose(tf.tensor4d(values, [1, 2, 3, 3]), [0, 2, 3, 1])
    const sumOfSquares = (17 * 18 * 35) / 6
    expect([...(model.predict(x) as tf.Tensor).dataSync()]).toEqual([sumOfSquares + 0.5])
    expect(report.weights).toMatchObject({ file: at(weights), unused: [], missing: [] })
    model.dispose()
  })

  test('the mean of a mean image becomes preprocessing', async () => {
    const blob = [1, 1, 1, 2].flatMap((size, i) => [varint((i + 1) * 8), varint(size)])
    const data = bytesField(5, new Uint8Array(Float32Array.of(1, 3).buffer))
    writeFileSync(at('mean.binaryproto'), message([...blob, data]))
    const grey = net.replace('input_dim: 2', 'input_dim: 1')
    writeFileSync(at('grey.prototxt'), grey)
    const { preprocessing } = await importCaffeFiles({ net: at('grey.prototxt'), mean: at('mean.binaryproto') })
    expect(preprocessing).toEqual({ inputKind: 'grey', channelOrder: 'rgb', mean: [2], scale: [1] })
  })

  test('says what cannot be read', async () => {
    await expect(importCaffeFiles({ net: at('none') })).rejects.toThrow(
      `cannot read ${at('none')} (there is no such file): nets and weights are files that can be read; check the path`,
    )
    await expect(openWeights(folder)).rejects.toThrow(`cannot read ${folder} (it is not a file)`)
    writeFileSync(at('other.h5'), '')
    const file = new h5.File(at('other.h5'), 'w')
    file.create_dataset({ name: 'label', data: Float32Array.of(1) })
    file.close()
    await expect(openWeights(at('other.h5'))).rejects.toThrow(
      `${at('other.h5')}: it has no group "data": Caffe writes data/LAYER/0, data/LAYER/1, … as arrays of float32; check that this is a .caffemodel.h5 and no data file`,
    )
  })

  test('weights in HDF5 are those that h5py wrote; layers without weights are there too', async () => {
    // Made by oracles/caffe-import/make_hdf5_weights.py with h5py 3.7.0.
    const path = fileURLToPath(new URL('../fixtures/weights.caffemodel.h5', import.meta.url))
    const { weights, close } = await openWeights(path)
    const shapes = weights.layers.map(({ name, blobs }) => [name, blobs.map(({ shape }) => shape)])
    expect(shapes).toEqual([
      ['conv1', [[4, 3, 3, 3], [4]]],
      ['conv2', [[6, 4, 1, 1], [6]]],
      ['ip', [[2, 6], [2]]],
      ['relu1', []],
    ])
    expect([...blobValues(weights.layers[0].blobs[1])]).toEqual([0, 1, 2, 3])
    expect(blobValues(weights.layers[0].blobs[0]).reduce((sum, value) => sum + value)).toBeCloseTo(6.69406097, 4)
    close()
    writeFileSync(at('short.h5'), readFileSync(path).subarray(0, 2000))
    await expect(openWeights(at('short.h5'))).rejects.toThrow(/short\.h5: it cannot be read \(.+\): Caffe writes data/)
  })

  test('a blob is read from the file when it is asked for', async () => {
    const { weights, close } = await openWeights(at('net.caffemodel'))
    expect(blobValues(weights.layers[0].blobs[0])).toEqual(values)
    close()
  })
})

describe('download', () => {
  const content = new Uint8Array(100_000).map((_, i) => (i * 7919) % 251)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const requests: string[] = []
  let server: Server
  let address: string

  beforeAll(async () => {
    server = createServer(answer)
    address = `http://127.0.0.1:${await listening(server)}`
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  function answer(request: IncomingMessage, response: ServerResponse): void {
    requests.push(`${request.url} ${request.headers.range ?? 'all'}`)
    if (request.url === '/moved') return void response.writeHead(302, { location: '/file' }).end()
    if (request.url === '/loop') return void response.writeHead(302, { location: '/loop' }).end()
    if (request.url === '/missing') return void response.writeHead(404).end('no such file')
    const [, start] = /bytes=(\d+)-/.exec(request.headers.range ?? '') ?? []
    if (start !== undefined && Number(start) >= content.length) {
      return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
    }
    const resumes = start !== undefined && request.url !== '/restarting'
    const from = resumes ? Number(start) : 0
    const headers = { 'content-length': content.length - from }
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
    response.writeHead(resumes ? 206 : 200, resumes ? { ...headers, ...range } : headers)
    if (request.url === '/breaking' && !resumes) {
      // Long enough for the bytes to arrive before the connection is gone.
      response.write(content.subarray(0, 40_000), () => setTimeout(() => response.destroy(), 200))
      return
    }
    response.end(content.subarray(from))
  }

  test('a file, its length and hash verified, progress told', async () => {
    const seen: number[] = []
    await download(`${address}/moved`, at('a'), { bytes: 100_000, sha256, onProgress: (done) => seen.push(done) })
    expect(new Uint8Array(readFileSync(at('a')))).toEqual(content)
    expect(seen.at(-1)).toBe(100_000)
    expect(existsSync(at('a.part'))).toBe(false)
  })

  test('goes on where it broke off', async () => {
    await expect(download(`${address}/breaking`, at('b'))).rejects.toThrow(/broke off after \d+ of 100000 bytes/)
    const there = readFileSync(at('b.part')).length
    expect(there).toBeGreaterThan(0)
    requests.length = 0
    await download(`${address}/breaking`, at('b'), { sha256 })
    expect(requests).toEqual([`/breaking bytes=${there}-`])
    expect(new Uint8Array(readFileSync(at('b')))).toEqual(content)
  })

  test('begins again where the server does not resume, or the part is too long', async () => {
    writeFileSync(at('c.part'), new Uint8Array(500))
    await download(`${address}/restarting`, at('c'), { sha256 })
    writeFileSync(at('d.part'), new Uint8Array(200_000))
    await download(`${address}/file`, at('d'), { sha256 })
    expect(new Uint8Array(readFileSync(at('d')))).toEqual(content)
  })

  test('refuses wrong lengths, wrong hashes, missing files and loops', async () => {
    await expect(download(`${address}/file`, at('e'), { bytes: 99 })).rejects.toThrow(
      `${address}/file has more than 99 bytes: expected 99; check the address; the server may have sent a page about an error`,
    )
    await expect(download(`${address}/file`, at('f'), { sha1: 'abc' })).rejects.toThrow(
      /has sha1 \w{40}: expected abc;/,
    )
    expect(existsSync(at('f'))).toBe(false)
    await expect(download(`${address}/missing`, at('g'))).rejects.toThrow('(the server answers 404 Not Found)')
    await expect(download(`${address}/loop`, at('h'))).rejects.toThrow('(more than five redirections)')
  })

  test('asks a proxy where the environment names one, but not for its exceptions', async () => {
    const asked: string[] = []
    const proxy = createServer((request, response) => {
      asked.push(`${request.url} for ${request.headers.host} by ${request.headers['proxy-authorization']}`)
      response.end(content)
    })
    const http_proxy = `http://me:secret@127.0.0.1:${await listening(proxy)}`
    await download('http://models.example/net', at('i'), { sha256, environment: { http_proxy } })
    expect(asked).toEqual(['http://models.example/net for models.example by Basic bWU6c2VjcmV0'])
    await download(`${address}/file`, at('j'), { sha256, environment: { http_proxy, no_proxy: 'other, 127.0.0.1' } })
    expect(asked).toHaveLength(1)
    await new Promise((resolve) => proxy.close(resolve))
  })

  test('reaches an HTTPS server through the tunnel of a proxy', async () => {
    const file = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8')
    const certificates = file('server-certificate.pem')
    const secure = createHttpsServer({ key: file('server-key.pem'), cert: certificates }, answer)
    const securePort = await listening(secure)
    const tunnels: string[] = []
    const proxy = createServer().on('connect', (request: IncomingMessage, client: Socket) => {
      tunnels.push(`${request.url} by ${request.headers['proxy-authorization']}`)
      if (request.url !== 'models.example:443') return void client.resume().end('HTTP/1.1 403 Forbidden\r\n\r\n')
      const server = connect(securePort, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'))
      server.pipe(client).pipe(server)
      // A client that nothing is piped to any longer would not notice that it was closed.
      server.on('error', () => client.destroy()).on('close', () => client.resume())
      client.on('error', () => server.destroy())
    })
    const environment = { https_proxy: `http://me:secret@127.0.0.1:${await listening(proxy)}` }

    writeFileSync(at('k.part'), content.subarray(0, 60_000))
    requests.length = 0
    await download('https://models.example/file', at('k'), { sha256, environment, certificates })
    expect(new Uint8Array(readFileSync(at('k')))).toEqual(content)
    expect(requests).toEqual(['/file bytes=60000-'])
    expect(tunnels).toEqual(['models.example:443 by Basic bWU6c2VjcmV0'])

    const untrusted = download('https://models.example/file', at('l'), { environment })
    await expect(untrusted).rejects.toThrow('(self-signed certificate)')
    const forbidden = download('https://other.example/file', at('l'), { environment, certificates })
    await expect(forbidden).rejects.toThrow('(the proxy answers 403)')
    await Promise.all([secure, proxy].map((one) => new Promise((resolve) => one.close(resolve))))
  })

  test('knows that a whole part is whole, by the limits of its length or by the word of the server', async () => {
    writeFileSync(at('m.part'), content)
    requests.length = 0
    await download(`${address}/file`, at('m'), { bytes: { least: 99_000, most: 101_000 }, sha256 })
    expect(requests).toEqual(['/file bytes=100000-'])
    const short = download(`${address}/file`, at('n'), { bytes: { least: 100_001, most: 101_000 } })
    await expect(short).rejects.toThrow(
      `${address}/file has 100000 bytes: expected 100001 to 101000; check the address`,
    )
  })
})

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
