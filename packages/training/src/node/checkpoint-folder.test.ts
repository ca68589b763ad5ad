import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Checkpoint } from '../checkpoint.js'
import { readCheckpoint, writeCheckpoint } from './checkpoint-files.js'
import { checkpointFolder } from './checkpoint-folder.js'

const checkpoint: Checkpoint = {
  step: 20,
  weights: [
    { name: 'conv/kernel', shape: [1, 1, 2, 2], values: Float32Array.of(1.5, -0, 1e-42, 3.4e38) },
    { name: 'conv/bias', shape: [], values: Float32Array.of(Math.PI) },
    { name: 'empty', shape: [0, 3], values: new Float32Array(0) },
  ],
  solver: [{ name: 'conv/kernel/momentum', shape: [2], values: Float32Array.of(-1, 2) }],
  data: { position: 3, rng: [1, -2, 3, 4] },
  seed: [1, 2, 3, 4],
  recentLosses: [0.1, 1 / 3],
  evaluation: { lastStep: 15, best: { step: 10, score: 1 / 7 }, sinceBest: 1 },
}

let runs: string
beforeEach(() => {
  runs = mkdtempSync(join(tmpdir(), 'pixelwise-checkpoint-'))
})

test('what is read is what was written, bit for bit', async () => {
  const folder = join(runs, 'deep', 'one')
  await writeCheckpoint(folder, checkpoint)
  expect(await readCheckpoint(folder)).toEqual(checkpoint)
})

test('says where the system does not let it write', async () => {
  const file = join(runs, 'file')
  writeFileSync(file, '')
  // Which system call refuses differs between systems.
  const told = await writeCheckpoint(join(file, 'one'), checkpoint).catch((error: Error) =>
    error.message.replace(file, 'FILE').replace(/\(\w+ on \w+\)/, '(CODE)'),
  )
  expect(told).toBe(
    'cannot write the checkpoint FILE/one (CODE): the folder that holds it must be writable, with room for weights and ' +
      'momenta; check the path, its permissions and the free space, or write checkpoints elsewhere',
  )
})

test('views into larger buffers are written without their surroundings', async () => {
  const values = Float32Array.of(9, 9, 1, 2, 9).subarray(2, 4)
  const view = { ...checkpoint, weights: [{ name: 'view', shape: [2], values }] }
  await writeCheckpoint(join(runs, 'one'), view)
  expect((await readCheckpoint(join(runs, 'one'))).weights[0].values).toEqual(Float32Array.of(1, 2))
})

describe('a folder of checkpoints', () => {
  test('keeps the newest and finds the latest', async () => {
    const folder = checkpointFolder(join(runs, 'run'), { keep: 2 })
    expect(await folder.latest()).toBeUndefined()
    for (const step of [5, 10, 1_000_000, 20]) await folder.save({ ...checkpoint, step })
    expect(await folder.steps()).toEqual([10, 20, 1_000_000])
    expect((await folder.latest())?.step).toBe(1_000_000)
    expect(await folder.load(20)).toEqual(checkpoint)
  })

  test('replaces a checkpoint of the same step and leaves nothing else behind', async () => {
    const folder = checkpointFolder(runs)
    await folder.save(checkpoint)
    await folder.save({ ...checkpoint, recentLosses: [7] })
    expect((await folder.load(20)).recentLosses).toEqual([7])
    expect(readdirSync(runs)).toEqual(['step-000020'])
  })

  test('a failing write leaves the old checkpoint and no debris', async () => {
    const folder = checkpointFolder(runs)
    await folder.save(checkpoint)
    const circular: Record<string, unknown> = {}
    circular.self = circular
    await expect(folder.save({ ...checkpoint, data: circular })).rejects.toThrow('circular')
    expect(await folder.load(20)).toEqual(checkpoint)
    expect(readdirSync(runs)).toEqual(['step-000020'])
  })
})

describe('damage is reported by file and tensor', () => {
  const manifest = () => join(runs, 'one', 'checkpoint.json')
  const values = () => join(runs, 'one', 'values.bin')
  beforeEach(() => writeCheckpoint(join(runs, 'one'), checkpoint))

  const message = () =>
    readCheckpoint(join(runs, 'one')).then(
      () => 'no error',
      (error: Error) => error.message.replaceAll(runs, '…'),
    )
  const edit = (change: (json: Record<string, unknown>) => void) => {
    const json = JSON.parse(readFileSync(manifest(), 'utf8'))
    change(json)
    writeFileSync(manifest(), JSON.stringify(json))
  }

  test('missing folder', async () => {
    await expect(readCheckpoint(join(runs, 'two'))).rejects.toThrow(
      `cannot read ${join(runs, 'two', 'checkpoint.json')} (ENOENT: no such file or directory, open '${join(runs, 'two', 'checkpoint.json')}'): a checkpoint is a folder with checkpoint.json and values.bin; check the path; checkpointFolder(path).latest() finds the newest one of a run`,
    )
  })

  test('a folder that lacks a file', async () => {
    rmSync(values())
    expect(await message()).toBe(
      "cannot read …/one/values.bin (ENOENT: no such file or directory, open '…/one/values.bin'): a checkpoint is a folder with checkpoint.json and values.bin; copy the checkpoint again, or remove the folder one and resume from the newest that is left",
    )
  })

  test('what the message advises goes on with the one before', async () => {
    const folder = checkpointFolder(runs)
    await folder.save(checkpoint)
    await folder.save({ ...checkpoint, step: 40 })
    truncateSync(join(runs, 'step-000040', 'values.bin'), 18)
    await expect(folder.latest()).rejects.toThrow('or remove the folder step-000040 and resume from the newest')
    rmSync(join(runs, 'step-000040'), { recursive: true })
    expect(await folder.latest()).toEqual(checkpoint)
  })

  test('truncated values', async () => {
    truncateSync(values(), 18)
    expect(await message()).toBe(
      '…/one/values.bin: tensor "conv/bias" lies at bytes 16..20 of 18: the file must hold every tensor that checkpoint.json lists; copy the checkpoint again, or remove the folder one and resume from the newest that is left',
    )
  })

  test('a flipped bit', async () => {
    const bytes = readFileSync(values())
    bytes[21] ^= 4
    writeFileSync(values(), bytes)
    expect(await message()).toMatch(
      /^…\/one\/values\.bin: tensor "conv\/kernel\/momentum" has checksum \d+: checkpoint\.json expects \d+; copy the checkpoint again, or remove the folder one and resume from the newest that is left$/,
    )
  })

  test('a manifest that is cut off, foreign, newer or incomplete', async () => {
    const whole = readFileSync(manifest(), 'utf8')
    writeFileSync(manifest(), whole.slice(0, 50))
    expect(await message()).toMatch(
      /^…\/one\/checkpoint\.json is not JSON \(.*\): expected a checkpoint of version 1; copy the checkpoint again, remove the folder one and resume from the newest that is left, or update @pixelwise\/training$/,
    )
    writeFileSync(manifest(), 'null')
    expect(await message()).toMatch(/^…\/one\/checkpoint\.json is not a checkpoint of ours: /)
    for (const [change, expected] of [
      [(json) => Object.assign(json, { version: 2 }), 'has version 2'],
      [(json) => Object.assign(json, { step: '20' }), 'has step "20"'],
      [(json) => Object.assign(json, { seed: ['x'] }), 'has no list of numbers "seed"'],
      [(json) => Object.assign(json, { evaluation: { lastStep: 1 } }), 'has evaluation {"lastStep":1}'],
      [(json) => Object.assign(json, { weights: {} }), 'has no list "weights"'],
      [
        (json) => Object.assign(json, { solver: [{ name: 'a', shape: [-1], offset: 0, crc32c: 0 }] }),
        'has a bad entry 0 in "solver"',
      ],
      [
        (json) => Object.assign(json, { solver: [{ name: 'a', shape: [2 ** 40, 2 ** 40], offset: 0, crc32c: 0 }] }),
        'has a bad entry 0 in "solver"',
      ],
    ] as [(json: Record<string, unknown>) => void, string][]) {
      writeFileSync(manifest(), whole)
      edit(change)
      expect(await message()).toContain(`…/one/checkpoint.json ${expected}: `)
    }
  })
})
