import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from './support/packages.js'
import { run } from './support/run.js'

test.each(['eager', 'compiled'])(
  'a training run that is killed twice ends as if it had not been: %s',
  async (engine) => {
    const script = join(repository, 'scripts', 'kill-test.mjs')
    const { code, stdout } = await run(
      process.execPath,
      [script, '--engine', engine, '--kills', '2', '--steps', '12'],
      { cwd: repository },
    )
    expect(stdout).toMatch(
      new RegExp(
        `^${engine}: 2 kills, \\d of them while a checkpoint was written, 12 steps: equal to the undisturbed run\n$`,
      ),
    )
    expect(code).toBe(0)
  },
)
