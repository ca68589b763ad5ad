import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Checkpoint } from '../checkpoint.js'
import type { StepEvent } from '../train-options.js'
import { writeCheckpoint } from './checkpoint-files.js'
import { checkpointFolder } from './checkpoint-folder.js'
import { openRunFolder } from './run-folder.js'

let path: string
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'pixelwise-run-')), 'run')
})

const config = { net: 'fcn8s', steps: 10, seed: 1 }
const checkpoint = (step: number, lastStep = 0): Checkpoint => ({
  step,
  weights: [{ name: 'w', shape: [1], values: Float32Array.of(step) }],
  solver: [],
  data: null,
  seed: [1, 2, 3, 4],
  recentLosses: [],
  evaluation: { lastStep, best: lastStep === 0 ? null : { step: lastStep, score: 0.5 }, sinceBest: 0 },
})
const event = (step: number): StepEvent => ({
  step,
  steps: 10,
  loss: 1 / step,
  averageLoss: 0.5,
  learningRate: 1e-10,
  examples: 2,
  milliseconds: 3,
  dataMilliseconds: 4,
})
const read = (...names: string[]) => readFileSync(join(path, ...names), 'utf8')
const heading = 'step,loss,averageLoss,learningRate,examples,milliseconds,dataMilliseconds'

describe('a run', () => {
  test('keeps settings, steps, evaluations, pictures, curves, the latest checkpoints and the best', async () => {
    const run = await openRunFolder(path, { config, every: 2 })
    expect(run.resumeFrom).toBeUndefined()
    for (const step of [1, 2, 3]) run.step(event(step))
    run.evaluation(2, { meanIU: 0.25 })
    run.sample(2, 'street', { height: 1, width: 1, png: Uint8Array.of(1, 2, 3) })
    for (const step of [2, 4, 6]) await run.checkpoint.save(checkpoint(step))
    for (const step of [2, 4]) await run.checkpoint.saveBest?.(checkpoint(step))
    run.close()
    expect(readdirSync(path).map((name) => name.replace(/^events\.out.*/, 'events'))).toEqual([
      'best',
      'checkpoints',
      'config.json',
      'evaluations.jsonl',
      'events',
      'samples',
      'steps.csv',
    ])
    expect(JSON.parse(read('config.json'))).toEqual(config)
    expect(read('steps.csv')).toBe(
      `${heading}\n1,1,0.5,1e-10,2,3,4\n2,0.5,0.5,1e-10,2,3,4\n3,0.3333333333333333,0.5,1e-10,2,3,4\n`,
    )
    expect(read('evaluations.jsonl')).toBe('{"step":2,"meanIU":0.25}\n')
    expect(readFileSync(join(path, 'samples', 'step-000002', 'street.png'))).toEqual(Buffer.of(1, 2, 3))
    expect(await checkpointFolder(join(path, 'checkpoints')).steps()).toEqual([4, 6])
    expect(await checkpointFolder(join(path, 'best')).steps()).toEqual([4])
    expect(await run.best()).toEqual(checkpoint(4))
  })

  test('resumes with the logs as they were at its checkpoint, whatever was written since', async () => {
    const first = await openRunFolder(path, { config })
    for (const step of [1, 2, 3]) first.step(event(step))
    await first.checkpoint.save(checkpoint(2, 2))
    first.evaluation(2, { meanIU: 0.25 })
    first.evaluation(3, { meanIU: 0.5 })
    first.close()
    appendFileSync(join(path, 'steps.csv'), '4,0.2') // killed in the middle of a line
    appendFileSync(join(path, 'evaluations.jsonl'), '{"step":')
    const second = await openRunFolder(path, { config, resume: true })
    expect(second.resumeFrom).toEqual(checkpoint(2, 2))
    second.step(event(3))
    second.close()
    expect(
      read('steps.csv')
        .split('\n')
        .slice(1)
        .map((line) => line[0]),
    ).toEqual(['1', '2', '3', undefined])
    expect(read('evaluations.jsonl')).toBe('{"step":2,"meanIU":0.25}\n')
  })

  test('without a checkpoint resumes at the start', async () => {
    const first = await openRunFolder(path, { config, resume: true })
    first.step(event(1))
    first.close()
    const second = await openRunFolder(path, { config, resume: true })
    expect(second.resumeFrom).toBeUndefined()
    second.close()
    expect(read('steps.csv')).toBe(`${heading}\n`)
  })

  test('is neither overwritten nor resumed with other settings', async () => {
    const first = await openRunFolder(path, { config })
    first.close()
    ;(await openRunFolder(path, { config })).close() // nothing was learned yet
    await first.checkpoint.save(checkpoint(2))
    await expect(openRunFolder(path, { config })).rejects.toThrow(
      `${path} holds a run: each run has a folder of its own; resume it, choose another folder, or remove this one`,
    )
    const other = { net: 'fcn16s', steps: 20, size: 8 }
    await expect(openRunFolder(path, { config: other, resume: true, mayChange: ['steps'] })).rejects.toThrow(
      `cannot resume with other settings than those of ${join(path, 'config.json')}: net was "fcn8s" and is "fcn16s"; ` +
        'seed was 1 and is not set; size was not set and is 8: a resumed run ends as the one it continues would have; ' +
        'set them back, or start a new run in another folder',
    )
    expect(JSON.parse(read('config.json'))).toEqual(config)
    ;(await openRunFolder(path, { config: { ...config, steps: 20 }, resume: true, mayChange: ['steps'] })).close()
    expect(JSON.parse(read('config.json'))).toEqual({ ...config, steps: 20 })
    writeFileSync(join(path, 'config.json'), '{')
    await expect(openRunFolder(path, { config, resume: true })).rejects.toThrow(
      /^cannot read .*config\.json \(.*\): it holds the settings that the run was started with; restore the file, or start in another folder$/,
    )
  })
})

test('a file where the folder should be is told as such', async () => {
  writeFileSync(path, 'mine')
  await expect(openRunFolder(path, { config })).rejects.toThrow(
    `cannot make the folder ${path} (EEXIST): a run has a folder of its own, whose place is writable and taken by no file; choose another folder`,
  )
  expect(readFileSync(path, 'utf8')).toBe('mine')
})

describe('what killed processes leave behind', () => {
  /** No process has this id: Linux and macOS stop far below. */
  const gone = 2 ** 30

  test('half-written checkpoints go, and those of running processes stay', async () => {
    await writeCheckpoint(join(path, 'step-000002'), checkpoint(2))
    for (const owner of [gone, process.pid, process.ppid]) mkdirSync(join(path, `.step-000004.writing-${owner}`))
    expect((await checkpointFolder(path).latest())?.step).toBe(2)
    expect(readdirSync(path).sort()).toEqual([`.step-000004.writing-${process.ppid}`, 'step-000002'])
  })

  test('a checkpoint that was moved aside comes back where nothing took its place', async () => {
    await writeCheckpoint(join(path, `.step-000002.old-${gone}`), checkpoint(2))
    await writeCheckpoint(join(path, 'step-000004'), checkpoint(4))
    await writeCheckpoint(join(path, `.step-000004.old-${gone}`), checkpoint(3))
    expect(await checkpointFolder(path).steps()).toEqual([2, 4])
    expect(await checkpointFolder(path).load(4)).toEqual(checkpoint(4))
    expect(existsSync(join(path, `.step-000004.old-${gone}`))).toBe(false)
  })
})
