import type { BackendDetails } from './candidate.js'
import type { BackendStatus } from './list-backends.js'
import type { BackendReport } from './use-backend.js'

/** A report of `useBackend` or the list of `listBackends` as plain text, one backend a line, no final line break. */
export function formatBackends(found: BackendReport | readonly BackendStatus[]): string {
  return isList(found) ? found.map(statusLine).join('\n') : reportLines(found).join('\n')
}

function isList(found: BackendReport | readonly BackendStatus[]): found is readonly BackendStatus[] {
  return Array.isArray(found)
}

function reportLines({ chosen, why, threads, details, others }: BackendReport): string[] {
  const facts = formatDetails(threads === undefined ? details : { threads, ...details })
  return [line('*', chosen, `${why}${facts}`), ...others.map(({ name, reason }) => line('-', name, reason))]
}

function statusLine({ name, available, automatic, reason, details }: BackendStatus): string {
  if (!available) return line('-', name, reason ?? '')
  const state = automatic ? 'available, taken by default' : 'available'
  return line(automatic ? '*' : '+', name, `${state}${formatDetails(details)}${reason ? `: ${reason}` : ''}`)
}

function line(mark: string, name: string, text: string): string {
  return `${mark} ${name.padEnd(10)} ${text}`
}

function formatDetails(details: BackendDetails): string {
  const facts = Object.entries(details).map(([key, value]) => `${key} ${value}`)
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`
}
