import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { repository } from './support/packages.js'
import { type Finished, mustRun, run } from './support/run.js'

/** The demo as built, in a size of seconds; what it reaches at full length is measured, not tested. */
describe('the demo', () => {
  const out = mkdtempSync(join(tmpdir(), 'pixelwise-demo-'))
  afterAll(() => rmSync(out, { recursive: true, force: true }))
  const demo = (...args: string[]): Parameters<typeof run> => [
    process.execPath,
    ['examples/demo/dist/main.js', ...args],
    { cwd: repository },
  ]
  const small = ['--train', '8', '--test', '4', '--backend', 'wasm', '--json']
  let first: Finished

  beforeAll(async () => {
    first = await mustRun(...demo('--out', join(out, 'first'), '--steps', '6', ...small))
  })

  test('gives the same scores for the same seed, and others for another', async () => {
    const again = await mustRun(...demo('--out', join(out, 'again'), '--steps', '6', ...small))
    const other = await mustRun(...demo('--out', join(out, 'other'), '--steps', '6', '--seed', '2', ...small))
    expect(scores(again)).toEqual(scores(first))
    expect(scores(other)).not.toEqual(scores(first))
  })

  test('runs eagerly when asked to, and learns the same', async () => {
    const eager = await mustRun(...demo('--out', join(out, 'eager'), '--steps', '6', '--engine', 'eager', ...small))
    // Six steps amplify the rounding of the two engines only a little.
    expect(scores(eager).pixelAccuracy).toBeCloseTo(scores(first).pixelAccuracy, 2)
  })

  test('goes on from its last checkpoint as if it had not stopped', async () => {
    const path = join(out, 'first')
    const weights = readFileSync(join(path, 'model', shardOf(path)))
    // All six steps are done: resuming trains nothing and must find the same net.
    const resumed = await mustRun(...demo('--out', path, '--steps', '6', '--resume', ...small))
    expect(scores(resumed)).toEqual(scores(first))
    expect(readFileSync(join(path, 'model', shardOf(path)))).toEqual(weights)
  })

  test('writes labels, overlays, the model and a report that needs no network', () => {
    const path = join(out, 'first')
    const ids = ['val_000000.png', 'val_000001.png', 'val_000002.png', 'val_000003.png']
    expect(readdirSync(join(path, 'labels'))).toEqual(ids)
    expect(readdirSync(join(path, 'overlays'))).toEqual(ids)
    expect(readdirSync(join(path, 'model'))).toEqual(expect.arrayContaining(['model.json', 'pixelwise.json']))
    const report = readFileSync(join(path, 'report.html'), 'utf8')
    expect(report).toContain('FCN-8s learns to label every pixel')
    expect(report).not.toMatch(/(src|href)="(?!data:|#)/)
  })

  test('explains itself, and what it cannot follow', async () => {
    const help = await run(...demo('--help'))
    expect(help.code).toBe(0)
    expect(help.stdout).toContain('npm run demo -- --seed 7 --json')
    const wrong = await run(...demo('--steps', 'many'))
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('--steps many: expected a whole number, 1 or more')
    const unknown = await run(...demo('--backend', 'wsam', '--out', join(out, 'unknown')))
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toContain('did you mean "wasm"?')
    writeFileSync(join(out, 'file'), '')
    const unwritable = await run(...demo(...small, '--out', join(out, 'file', 'inside')))
    expect(unwritable.code).toBe(1)
    expect(unwritable.stderr.trimEnd().split('\n').at(-1)).toMatch(
      /ENOTDIR.*: the demo keeps its data and results in a folder; check it, or choose another with --out$/,
    )
  })

  function scores({ stdout }: Finished) {
    const { pixelAccuracy, meanAccuracy, meanIU, frequencyWeightedIU, baselines } = JSON.parse(stdout)
    return { pixelAccuracy, meanAccuracy, meanIU, frequencyWeightedIU, baselines }
  }

  function shardOf(path: string): string {
    return readdirSync(join(path, 'model')).filter((name) => name.endsWith('.bin'))[0]
  }
})
