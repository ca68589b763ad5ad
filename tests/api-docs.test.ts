import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { entryPoints, packages, repository } from './support/packages.js'
import { run } from './support/run.js'

test('the API reference has no warning: what is exported is documented, and every link leads somewhere', async () => {
  const typedoc = join(repository, 'node_modules', 'typedoc', 'bin', 'typedoc')
  const { code, stdout, stderr } = await run(process.execPath, [typedoc, '--emit', 'none'], { cwd: repository })
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 })
})

test('the API reference has every entry of every package', () => {
  const settings = JSON.parse(readFileSync(join(repository, 'typedoc.json'), 'utf8'))
  const wanted = packages.flatMap((room) =>
    entryPoints(room).map((entry) => `packages/${room.folder}/src${entry.slice(room.manifest.name.length)}/index.ts`),
  )
  expect(settings.entryPoints).toEqual(wanted)
  expect(settings.packagesRequiringDocumentation).toEqual(packages.map(({ manifest }) => manifest.name))
})
