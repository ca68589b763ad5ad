import { useBackend } from '@pixelwise/core'
import { runOpConformance } from '@pixelwise/testing/op-conformance'

const backend = location.search.slice(1)
const version = /Chrome\/\d+/.exec(navigator.userAgent)?.[0].replace('/', ' ') ?? 'browser'
const run = { where: `${version}, ${backend}`, details: {}, results: [] }
try {
  const { details, threads } = await useBackend(backend, { wasmPath: '/' })
  run.details = threads === undefined ? details : { threads, ...details }
  run.results = await runOpConformance(backend)
} catch (error) {
  run.results = [{ case: 'start: useBackend', ok: false, maxError: Number.MAX_VALUE, problem: String(error) }]
}
await fetch('/done', { method: 'POST', body: JSON.stringify(run) })
