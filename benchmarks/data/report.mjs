/** The measurements as text: one table, then what was not measured and why. */
export function formatReport({ command, machine, node, commit, loadBefore, peer, results, absent }) {
  const versions = peer.versions ? Object.entries(peer.versions).map(([name, version]) => `${name} ${version}`) : []
  const lines = [
    `command  ${command}`,
    `commit   ${commit}`,
    `machine  ${machine}; load ${loadBefore.toFixed(1)} before`,
    `versions Node ${node}${versions.length > 0 ? `, ${versions.join(', ')}` : ''}`,
    '',
    '| task | per second | Pixelwise | peer | its median | Pixelwise ÷ peer, by round |',
    '|---|---|---:|---|---:|---:|',
    ...results.flatMap(rows),
  ]
  if (absent.length > 0) lines.push('', 'not measured')
  for (const { task, peer: name, reason } of absent) lines.push(`  ${task}, ${name}: ${reason}`)
  return `${lines.join('\n')}\n`
}

function rows({ task, unit, ours, peers }) {
  if (peers.length === 0) return [`| ${task} | ${unit} | ${spread(ours)} | – | – | – |`]
  return peers.map(
    ({ name, perSecond, ratio }) =>
      `| ${task} | ${unit} | ${spread(ours)} | ${name} | ${spread(perSecond)} | ${times(ratio)} |`,
  )
}

function spread({ median, least, greatest }) {
  return `${figure(median)} (${figure(least)}–${figure(greatest)})`
}

function times({ median, least, greatest }) {
  return `${median.toFixed(2)}× (${least.toFixed(2)}–${greatest.toFixed(2)})`
}

function figure(value) {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3)
}
