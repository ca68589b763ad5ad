import { Command } from 'commander'
import { note, print, printJson } from '../output/streams.js'

/** `pixelwise backends`: what can compute here, why the rest cannot, and which is taken. */
export function backendsCommand(): Command {
  return new Command('backends')
    .description('list the backends and the engine found, why others were not, and which are chosen')
    .option('--use <name>', 'start this backend ("auto" for the best) and report what it says')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  pixelwise backends               what is there (* is taken by default)
  pixelwise backends --use wasm    start one, to see that it works`,
    )
    .action(run)
}

async function run({ use, json }: { use?: string; json?: true }): Promise<void> {
  const { compiledStatus, formatCompiled } = await import('../engines/compiled-status.js')
  const { backendNames, formatBackends, listBackends, useBackend } = await import('@pixelwise/core')
  if (use === undefined) {
    const backends = await listBackends()
    const chosen = backends.find(({ automatic }) => automatic)?.name ?? null
    const compiled = await compiledStatus()
    const engines = { automatic: compiled.available ? compiled.name : chosen, compiled }
    if (json) printJson({ chosen, started: false, backends, engines })
    else print(`${formatBackends(backends)}\n\n${formatCompiled(compiled, chosen)}`)
    if (chosen === null) note('warning: no backend is available; install @tensorflow/tfjs-backend-cpu')
    return
  }
  // useBackend itself refuses names that it does not know, with the nearest match.
  const report = await useBackend(use as (typeof backendNames)[number] | 'auto')
  if (json) printJson({ ...report, started: true })
  else print(formatBackends(report))
}
