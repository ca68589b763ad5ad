import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { basename, join } from 'node:path'
import { root } from './run.mjs'

/** Runs in a process of its own, from source: prints what `useBackend` chose and how each case of the suite went. */
const suite = `
import { useBackend } from '@pixelwise/core'
import { runOpConformance } from '@pixelwise/testing'
const { details } = await useBackend(process.env.PIXELWISE_BACKEND)
const results = await runOpConformance(process.env.PIXELWISE_BACKEND)
console.log(JSON.stringify({ where: 'Node ' + process.version, details, results }))
`
const hooks = new URL('../../packages/core/src/backends/test-support/source-hooks.mjs', import.meta.url).href
const registerHooks = `data:text/javascript,${encodeURIComponent(
  `import { register } from 'node:module'; register(${JSON.stringify(hooks)})`,
)}`

/** Runs the op conformance suite on a backend, once per Node binary, and returns what each run found. */
export function runSuite(backend, { env = {}, nodes = [process.execPath] } = {}) {
  return nodes.map((node) => {
    const output = execFileSync(node, ['--import', registerHooks, '--input-type=module', '--eval', suite], {
      cwd: join(root, 'internal/testing'),
      env: { ...process.env, ...env, PIXELWISE_BACKEND: backend },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 600_000,
    })
    return JSON.parse(output.toString().trim().split('\n').at(-1))
  })
}

/** Writes `docs/backends/<name>-conformance.md` and prints it; the exit code tells whether every case passed. */
export function writeLog(name, { heading, command, note, runs }) {
  const file = join(root, `docs/backends/${name}-conformance.md`)
  const text = `${[title(heading, command, note), runTable(runs), operationTable(runs), failures(runs)].filter(Boolean).join('\n\n')}\n`
  writeFileSync(file, text)
  console.log(text)
  console.log(`written to docs/backends/${basename(file)}`)
  if (runs.some(({ results }) => results.some(({ ok }) => !ok))) process.exitCode = 1
}

function title(heading, command, note) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root }).toString().trim()
  const machine = `${cpus()[0].model.trim()}, ${availableParallelism()} cores`
  return `# ${heading}

Written by \`${command}\` at commit ${commit} on ${machine}. ${note}

Every case compares values and gradients with PyTorch's in float64 (tolerance 1e-5 of the largest value or of 1, whichever
is larger; integers exactly), gradients with central differences, and the number of tensors before and after.`
}

function runTable(runs) {
  const rows = runs.map(({ where, details, results }) => {
    const facts = Object.entries(details).map(([key, value]) => `${key} ${value}`)
    return `| ${where} | ${facts.join(', ')} | ${passed(results)} of ${results.length} | ${largest(results)} |`
  })
  return ['| where | backend | cases passed | largest error |', '|---|---|---|---|', ...rows].join('\n')
}

function operationTable(runs) {
  const operations = new Map()
  for (const each of runs.flatMap(({ results }) => results)) {
    const name = each.case.replace(/:.*/, '')
    operations.set(name, [...(operations.get(name) ?? []), each])
  }
  const rows = [...operations].map(
    ([name, group]) => `| ${name} | ${passed(group)} of ${group.length} | ${largest(group)} |`,
  )
  return ['| operation | cases passed in all runs | largest error |', '|---|---|---|', ...rows].join('\n')
}

function failures(runs) {
  const lines = runs.flatMap(({ where, results }) =>
    results.filter(({ ok }) => !ok).map((each) => `- ${where}, ${each.case}: ${each.problem}`),
  )
  return lines.length === 0 ? '' : ['## Failures', '', ...lines].join('\n')
}

const passed = (results) => results.filter(({ ok }) => ok).length
const largest = (results) =>
  Math.max(...results.map(({ maxError }) => maxError ?? Number.POSITIVE_INFINITY)).toExponential(1)
