// Parsed by old Node versions too, which must reach the message below: no optional chaining, no `node:` imports.

/**
 * Ends the process with a clear message where Node is older than `floor`, for example `[20, 19]`.
 */
export function requireNode(floor) {
  const running = process.versions.node.split('.').map(Number)
  if (running[0] > floor[0] || (running[0] === floor[0] && running[1] >= floor[1])) return
  console.error(
    `Node ${process.versions.node} is too old: Pixelwise needs Node ${floor.join('.')} or newer; ` +
      'install a current version from https://nodejs.org (or: nvm install 20) and run the command again.',
  )
  process.exit(1)
}
