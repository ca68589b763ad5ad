/**
 * What is compared. Each peer runs in a process of its own, because a process has one wasm backend.
 *
 * `stockInputGradient` puts tfjs's own Conv2DBackpropInput back, beside our filter gradient, without which tfjs cannot
 * train on wasm at all.
 */
export function peersFor(cores) {
  const several = Math.min(8, cores)
  return [
    { name: 'wasm, 1 thread', backend: 'wasm', threads: 1 },
    ...(several > 1 ? [{ name: `wasm, ${several} threads`, backend: 'wasm', threads: several }] : []),
    { name: "wasm, 1 thread, tfjs's own dX", backend: 'wasm', threads: 1, stockInputGradient: true },
    { name: 'tensorflow', backend: 'tensorflow' },
    { name: 'webgpu', backend: 'webgpu' },
    { name: 'cpu', backend: 'cpu', mostGigaflops: 0.5 },
  ]
}

/** What every ratio is against. */
export const reference = 'wasm, 1 thread'
