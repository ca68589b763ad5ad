import { reference } from './peers.mjs'

/** The measurements as text: one table per task, then what was not measured and why. */
export function formatReport({ command, machine, node, versions, commit, loadBefore, settings, results, absent }) {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const { size, channels, net } = settings
  const lines = [
    `command  ${command}`,
    `commit   ${commit}`,
    `machine  ${machine}; load ${loadBefore.toFixed(1)} before`,
    `versions Node ${node}, ${packages.join(', ')}`,
    `work     3×3 convolution ${channels}→${channels} at ${size}×${size}; net on ${net.batch} images of ${net.height}×${net.width}`,
  ]
  for (const task of new Set(results.map((result) => result.task))) {
    lines.push('', task, ...table(results.filter((result) => result.task === task)))
  }
  if (absent.length > 0) lines.push('', 'not measured')
  for (const { peer, task, reason } of absent) lines.push(`  ${[peer, task].filter(Boolean).join(', ')}: ${reason}`)
  return `${lines.join('\n')}\n`
}

function table(results) {
  const rows = results.map(({ peer, milliseconds, gigaflopsPerSecond, speedup }) => [
    peer,
    `${milliseconds.median.toFixed(1)} ms`,
    `${milliseconds.least.toFixed(1)}–${milliseconds.greatest.toFixed(1)}`,
    gigaflopsPerSecond ? `${gigaflopsPerSecond.toFixed(1)} GFLOP/s` : '',
    speedup ? `${speedup.median.toFixed(2)}×` : '',
    speedup ? `${speedup.least.toFixed(2)}–${speedup.greatest.toFixed(2)}` : '',
  ])
  const head = ['', 'median', 'least–most', '', `against ${reference}`, 'least–most']
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)))
  return [head, ...rows].map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd(),
  )
}
