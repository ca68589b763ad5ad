import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { crc32c } from './crc32c.js'
import { encodeEvent, frameRecord } from './event-encoding.js'
import { tensorboardWriter } from './tensorboard-writer.js'

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...Array(256).keys()])
const published: { records: string } = JSON.parse(
  readFileSync(new URL('./fixtures/tensorboard-events.json', import.meta.url), 'utf8'),
)

test('the checksum is CRC-32C', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283) // the catalogue's check value
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa) // RFC 3720, B.4
  expect(crc32c(Uint8Array.of(3, 4), crc32c(Uint8Array.of(1, 2)))).toBe(crc32c(Uint8Array.of(1, 2, 3, 4)))
})

test("records equal those of TensorBoard's own writer, byte for byte", () => {
  const records = [
    { wallTime: 1700000000.25, fileVersion: 'brain.Event:2' },
    {
      wallTime: 1700000001.5,
      step: 1,
      values: [
        { tag: 'train/loss', scalar: 2.25 },
        { tag: 'train/average loss', scalar: 2.5 },
        { tag: 'train/learning rate', scalar: 1e-10 },
      ],
    },
    {
      wallTime: 1700000002,
      step: 123456789012,
      values: [{ tag: 'pöbel/图', image: { height: 334, width: 500, png } }],
    },
    { wallTime: 1700000003, step: 8, sessionStart: true as const },
  ].map((event) => frameRecord(encodeEvent(event)))
  expect(Buffer.concat(records).toString('hex')).toBe(published.records)
})

test('the writer puts the same bytes on disk, and a second one starts a second file', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'pixelwise-log-')), 'run')
  let clock = 1700000000250
  const log = tensorboardWriter(folder, { now: () => clock })
  clock = 1700000001500
  const event = { step: 1, steps: 2, loss: 2.25, averageLoss: 2.5, learningRate: 1e-10 }
  log.step({ ...event, examples: 1, milliseconds: 0, dataMilliseconds: 0 })
  clock = 1700000002000
  log.image('pöbel/图', 123456789012, { height: 334, width: 500, png })
  const written = readFileSync(log.path).toString('hex')
  expect(published.records.startsWith(written)).toBe(true)
  log.close()
  clock = 1700000000250
  const second = tensorboardWriter(folder, { now: () => clock })
  second.close()
  expect(readdirSync(folder)).toHaveLength(2)
})

test('a resumed run tells TensorBoard to forget what followed its checkpoint', () => {
  const times = [1700000000250, 1700000000250, 1700000003000] // for the file's name, its version and the start
  const folder = mkdtempSync(join(tmpdir(), 'pixelwise-log-'))
  const log = tensorboardWriter(folder, { now: () => times.shift() ?? Number.NaN, resumeFrom: 7 })
  log.close()
  const [version, start] = [published.records.slice(0, 80), published.records.slice(-62)] // the first record and the last
  expect(readFileSync(log.path).toString('hex')).toBe(version + start)
})
