import * as fs from 'fs'
import { tmpdir } from 'os'
import { join } from 'path'
import { requireNode } from './shared/node-version.mjs'
import { build, install } from './shared/prepare.mjs'
import { root, run } from './shared/run.mjs'

// The floor of vite, which vitest runs on; the packages themselves run on every Node 20.
requireNode([20, 19])

const totals = { passed: 0, failed: 0, skipped: 0 }
const timings = []

async function main() {
  if (!(await check('install', install))) return
  const built = await check('build', build)
  await check('types of the tests', () => tool('typescript', 'bin/tsc', ['--project', 'tsconfig.json']))
  await check('lint', () => tool('@biomejs/biome', 'bin/biome', ['check', '--error-on-warnings', '.']))
  await vitest('unit')
  if (built) await vitest('repository')
  else console.error('\nThe tests of the built packages were left out, as the build failed.')
}

/** Runs one stage that passes or fails as a whole. */
async function check(name, stage) {
  const passed = await timed(name, stage)
  if (passed) totals.passed++
  else totals.failed++
  return passed
}

/** Runs one vitest project and adds its counts. */
async function vitest(project) {
  const folder = fs.mkdtempSync(join(tmpdir(), 'pixelwise-test-'))
  const report = join(folder, 'report.json')
  const passed = await timed(`tests: ${project}`, () =>
    tool('vitest', 'vitest.mjs', [
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]),
  )
  const counts = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')) : null
  fs.rmSync(folder, { recursive: true, force: true })
  if (counts) {
    totals.passed += counts.numPassedTests
    totals.failed += counts.numFailedTests
    totals.skipped += counts.numPendingTests + counts.numTodoTests
  }
  // A file that fails to load, or an error outside any test, fails the run without failing a test.
  if (!passed && !(counts && counts.numFailedTests > 0)) totals.failed++
}

/** Runs a development tool by its script, which works the same on every platform. */
async function tool(name, script, args) {
  const result = await run(process.execPath, [join(root, 'node_modules', name, script)].concat(args), { inherit: true })
  return result.code === 0
}

async function timed(name, stage) {
  console.log(`\n── ${name}`)
  const start = Date.now()
  const result = await stage()
  timings.push(`${name} ${((Date.now() - start) / 1000).toFixed(1)} s${result ? '' : ' (failed)'}`)
  return result
}

main()
  .catch((error) => {
    console.error(error)
    totals.failed++
  })
  .then(() => {
    console.log(`\n${timings.join(' · ')}`)
    const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
    console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`)
    process.exitCode = totals.failed > 0 ? 1 : 0
  })
