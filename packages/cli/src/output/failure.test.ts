import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkpointFolder, writeCheckpoint } from '@pixelwise/training/node'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test-support/run-main.js'
import { describeFailure } from './failure.js'

test('a damaged checkpoint names the folder to remove, and --resume', async () => {
  const folder = temporaryFolder()
  const latest = join(folder, 'step-000020')
  const weights = [{ name: 'bias', shape: [2], values: Float32Array.of(1, 2) }]
  await writeCheckpoint(latest, { step: 20, weights, solver: [], data: {}, seed: [1], recentLosses: [] })
  const failure = () =>
    checkpointFolder(folder)
      .latest()
      .then(() => 'none', describeFailure)

  const manifest = join(latest, 'checkpoint.json')
  const whole = readFileSync(manifest, 'utf8')
  writeFileSync(manifest, 'null')
  expect(await failure()).toContain(
    'remove the folder step-000020 and go on with --resume from the newest that is left, or update',
  )
  writeFileSync(manifest, whole)
  truncateSync(join(latest, 'values.bin'), 4)
  expect(await failure()).toMatch(
    /; copy the checkpoint again, or remove the folder step-000020 and go on with --resume from the newest that is left$/,
  )
})
